import type { ReportDraft } from '../../models/report.ts';

type SharedKeyset = { keysetId: string; mintUrls: readonly string[] };

/** Told when a second mint uses the id of a keyset. */
export type OnSharedKeyset = (shared: SharedKeyset) => void;

const maxRemembered = 10_000;

/**
 * Notices when two mints use one keyset id, which none should (NUT-02). It does no harm here, and so neither is refused: a
 * mint that lists another's keyset must not be able to shut that one out. Keys, tokens and operations belong to one mint,
 * and NUT-13 seeds differ by mint, so that no secret is used at two of them.
 */
export function createSharedKeysets(onShared: OnSharedKeyset) {
  const mintsById = new Map<string, string[]>();

  return {
    /** `mintUrl` has shown keys that the id follows from. */
    noteUse(keysetId: string, mintUrl: string): void {
      const known = mintsById.get(keysetId) ?? [];
      if (known.includes(mintUrl) || (known.length === 0 && mintsById.size >= maxRemembered)) return;
      const mintUrls = [...known, mintUrl];
      mintsById.set(keysetId, mintUrls);
      if (mintUrls.length > 1) onShared({ keysetId, mintUrls });
    },
  };
}

/** What people should hear of it. */
export function sharedKeysetReport({ keysetId, mintUrls }: SharedKeyset): ReportDraft {
  return {
    dedupeKey: `shared-keyset:${keysetId}`,
    severity: 'HIGH',
    code: 'KEYSET_ID_SHARED',
    summary: `The mints ${mintUrls.join(' and ')} use the same keyset id ${keysetId}. No honest mint lists the keyset of another. The books keep their ecash apart, and nothing is blocked; find out which of them is not honest, and take it out of MINT_URL.`,
    details: { keysetId, mintUrls },
  };
}
