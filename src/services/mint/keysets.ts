import { deriveKeysetId } from '@cashu/cashu-ts';
import type { Answer, MintGateway } from './gateway.ts';
import { asAmount, asHex, asList, asRecord, asText, type JsonRecord } from './wire.ts';

/** A keyset as listed (NUT-02), with the fee for each proof spent from it in thousandths of the unit. */
export type KeysetInfo = {
  id: string;
  unit: string;
  active: boolean;
  inputFeePpk: bigint;
  finalExpiry: number | null;
};

/** A keyset with its public keys by amount; its id was derived from them and matches. */
export type KeysetKeys = { id: string; keys: Record<string, string> };

export type KeysetDirectory = {
  /** Keysets as last listed; asked again when older than `maxAgeMs`. */
  list(maxAgeMs: number): Promise<Answer<KeysetInfo[]>>;
  /** Keys of any keyset that the mint ever had; they never change, so they are asked for once. */
  keys(keysetId: string): Promise<Answer<KeysetKeys>>;
};

const maxKeysets = 1_000;
const knownVersions = /^0[01]/;

/**
 * Keysets of one mint. A keyset whose id does not follow from its keys is refused: the mint could be equivocating. So is one
 * whose id another mint had first (NUT-02): counters go by keyset id, and secrets must never meet twice.
 */
export function createKeysetDirectory(gateway: MintGateway, owners: Map<string, string>): KeysetDirectory {
  let listed: { at: number; keysets: KeysetInfo[] } | null = null;
  const keysById = new Map<string, KeysetKeys>();

  async function list(maxAgeMs: number): Promise<Answer<KeysetInfo[]>> {
    if (listed !== null && performance.now() - listed.at <= maxAgeMs)
      return { kind: 'answer', value: listed.keysets };
    const answer = await gateway.get('keysets');
    if (answer.kind !== 'answer') return answer;
    const keysets = readKeysets(answer.value);
    if (keysets === undefined) return { kind: 'nonsense' };
    listed = { at: performance.now(), keysets };
    return { kind: 'answer', value: keysets };
  }

  async function keys(keysetId: string): Promise<Answer<KeysetKeys>> {
    const known = keysById.get(keysetId);
    if (known !== undefined) return { kind: 'answer', value: known };
    const [keysets, answer] = await Promise.all([
      list(60_000),
      gateway.get(`keys/${encodeURIComponent(keysetId)}`),
    ]);
    if (keysets.kind !== 'answer') return keysets;
    if (answer.kind !== 'answer') return answer;
    const found = readKeys(answer.value, keysetId);
    const info = keysets.value.find((keyset) => keyset.id === keysetId);
    if (found === undefined || info === undefined || !idFollowsFromKeys(found, info))
      return { kind: 'nonsense' };
    const owner = owners.get(keysetId) ?? gateway.url;
    if (owner !== gateway.url) return { kind: 'nonsense' };
    owners.set(keysetId, owner);
    keysById.set(keysetId, found);
    return { kind: 'answer', value: found };
  }

  return { list, keys };
}

/** NUT-02: the id is derived from the keys (and, since version 01, unit, fee and expiry). */
function idFollowsFromKeys(keyset: KeysetKeys, info: KeysetInfo): boolean {
  const versionByte = Number.parseInt(keyset.id.slice(0, 2), 16);
  const derived = deriveKeysetId(keyset.keys, {
    versionByte,
    unit: info.unit,
    input_fee_ppk: Number(info.inputFeePpk),
    ...(info.finalExpiry === null ? {} : { expiry: info.finalExpiry }),
  });
  return derived === keyset.id;
}

function readKeysets(reply: JsonRecord): KeysetInfo[] | undefined {
  const list = asList(reply['keysets'], maxKeysets);
  if (list === undefined) return undefined;
  const keysets: KeysetInfo[] = [];
  for (const item of list) {
    const record = asRecord(item);
    const id = asText(record?.['id'], 66);
    const unit = asText(record?.['unit'], 32);
    const active = record?.['active'];
    if (id === undefined || unit === undefined || typeof active !== 'boolean') return undefined;
    // Ids of an unknown version (or from before versions) can't be checked; such keysets are left alone.
    if (!knownVersions.test(id)) continue;
    const expiry = record?.['final_expiry'];
    keysets.push({
      id,
      unit,
      active,
      inputFeePpk: asAmount(record?.['input_fee_ppk']) ?? 0n,
      finalExpiry: typeof expiry === 'number' && expiry > 0 ? expiry : null,
    });
  }
  return keysets;
}

function readKeys(reply: JsonRecord, keysetId: string): KeysetKeys | undefined {
  const keyset = (asList(reply['keysets'], maxKeysets) ?? [])
    .map(asRecord)
    .find((entry) => entry?.['id'] === keysetId);
  const raw = asRecord(keyset?.['keys']);
  if (raw === undefined || Object.keys(raw).length === 0) return undefined;
  const keys: Record<string, string> = {};
  for (const [amount, key] of Object.entries(raw)) {
    const hex = asHex(key, 33);
    if (!/^[1-9][0-9]{0,19}$/.test(amount) || hex === undefined) return undefined;
    keys[amount] = hex;
  }
  return { id: keysetId, keys };
}
