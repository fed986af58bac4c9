import type { Discrepancy } from '../../models/discrepancy.ts';
import { DomainError } from '../../models/errors.ts';
import type { Wallet } from '../../models/wallet.ts';
import type { AuditRepository } from '../../repositories/audit.ts';
import type { ProofOutline, TokenOutline } from '../../repositories/tokenReads.ts';
import type { TokenRepository } from '../../repositories/tokens.ts';
import type { ReportService } from '../contracts.ts';
import type { ProofState } from '../mint/gateway.ts';
import { answered, type MintDirectory } from '../mint/mints.ts';
import { classify } from './discrepancy.ts';

/** Which of the selected proofs the mint holds in another payment: they are left out, nothing is wrong with them. */
export type Clearance = { pendingAtMint: ReadonlySet<string>; discrepancies: Discrepancy[] };

export type Preflight = {
  /**
   * Compares the selected proofs, and up to 100 others that may have gone wrong, with the mint (NUT-07), before anything
   * is at stake (seed 004, "Pre-flight Reconciliation").
   * @throws DomainError PROOF_STATE_INCONSISTENCY when a selected or other unspent proof turned out to be spent (it is now
   * marked so), MELT_BLOCKED_BY_RECONCILIATION when that correction is under way elsewhere, MINT_UNAVAILABLE, MINT_ERROR.
   */
  check(wallet: Wallet, selected: readonly ProofOutline[], requestId: string): Promise<Clearance>;
};

const maxOthers = 100;

type Belief = ProofOutline & Pick<TokenOutline, 'version' | 'status' | 'reservedBy'>;

export function createPreflight(parts: {
  tokens: TokenRepository;
  mints: MintDirectory;
  audit: AuditRepository;
  reports: ReportService;
  now: () => Date;
}): Preflight {
  const { tokens, mints, audit, reports, now } = parts;

  async function check(
    wallet: Wallet,
    selected: readonly ProofOutline[],
    requestId: string,
  ): Promise<Clearance> {
    const others = (await tokens.besides(wallet.id, maxOthers)).flatMap(beliefs).slice(0, maxOthers);
    const statusOf = new Map(others.map((belief) => [belief.Y, belief.status]));
    const asked = [...selected, ...others];
    const states = await ask(
      wallet,
      asked.map(({ Y }) => Y),
    );
    const suspicious = asked.flatMap((proof) =>
      differing({ ...proof, status: statusOf.get(proof.Y) ?? 'unspent' }, states),
    );
    if (suspicious.length === 0) return { pendingAtMint: new Set(), discrepancies: [] };
    const confirmed = await confirm(wallet, suspicious);
    await act(wallet, confirmed, requestId);
    const pending = confirmed.filter(({ discrepancy }) => discrepancy.type === 'DB_UNSPENT_MINT_PENDING');
    return {
      pendingAtMint: new Set(pending.map(({ discrepancy }) => discrepancy.Y)),
      discrepancies: confirmed.map(({ discrepancy }) => discrepancy),
    };
  }

  /** A mismatch counts only if the token, read again, is unreserved and a second answer of the mint agrees by Y. */
  async function confirm(wallet: Wallet, suspicious: readonly Discrepancy[]): Promise<Confirmed[]> {
    const Ys = suspicious.map(({ Y }) => Y);
    const [holding, again] = await Promise.all([tokens.holding(wallet.id, Ys), ask(wallet, Ys)]);
    const now = new Map(holding.flatMap(beliefs).map((belief) => [belief.Y, belief]));
    return suspicious.flatMap((first) => {
      const belief = now.get(first.Y);
      if (belief !== undefined && belief.reservedBy !== null) return [];
      const second = differing(
        { ...first, status: belief?.status ?? null, tokenId: belief?.tokenId ?? null },
        again,
      );
      return second.map((discrepancy) => ({ discrepancy, version: belief?.version ?? 0 }));
    });
  }

  async function act(wallet: Wallet, confirmed: readonly Confirmed[], requestId: string): Promise<void> {
    const of = (type: Discrepancy['type']) =>
      confirmed.filter(({ discrepancy }) => discrepancy.type === type);
    const discrepancies = confirmed.map(({ discrepancy }) => discrepancy);
    await record(wallet, discrepancies);
    await writeOff(wallet, of('DB_PENDING_MINT_SPENT'), 'pending');
    const resurrected = of('DB_SPENT_MINT_UNSPENT').map(({ discrepancy }) => discrepancy);
    if (resurrected.length > 0) await reportResurrected(wallet, resurrected, requestId);
    const lost = of('DB_UNSPENT_MINT_SPENT');
    if (lost.length === 0) return;
    if (!(await writeOff(wallet, lost, 'unspent'))) throw correctionUnderWay(wallet);
    throw inconsistent(wallet, discrepancies);
  }

  /** Marks the proofs that are spent, and only those. @returns false when any token had changed meanwhile. */
  async function writeOff(
    wallet: Wallet,
    lost: readonly Confirmed[],
    status: 'unspent' | 'pending',
  ): Promise<boolean> {
    const byToken = Map.groupBy(lost, ({ discrepancy }) => discrepancy.tokenId);
    let all = true;
    for (const [tokenId, proofs] of byToken) {
      const [first] = proofs;
      if (tokenId === null || first === undefined) continue;
      const Ys = proofs.map(({ discrepancy }) => discrepancy.Y);
      all =
        (await tokens.writeOff(
          wallet.id,
          { tokenId, version: first.version, Ys },
          status,
          'mint_reported',
        )) && all;
    }
    return all;
  }

  async function ask(wallet: Wallet, Ys: readonly string[]): Promise<Map<string, ProofState>> {
    return answered(await mints.at(wallet.mintUrl).gateway.proofStates(Ys), 'tell the states of proofs');
  }

  async function record(wallet: Wallet, discrepancies: readonly Discrepancy[]): Promise<void> {
    if (discrepancies.length === 0) return;
    await audit.append({
      walletId: wallet.id,
      npub: wallet.npub,
      transactionId: null,
      event: 'proofs.discrepancies',
      details: {
        discrepancies: discrepancies.map(({ type, tokenId, amount, Y }) => ({ type, tokenId, amount, Y })),
      },
      at: now(),
    });
  }

  async function reportResurrected(
    wallet: Wallet,
    found: readonly Discrepancy[],
    requestId: string,
  ): Promise<void> {
    const sum = found.reduce((total, { amount }) => total + amount, 0n);
    await reports.file({
      dedupeKey: `DB_SPENT_MINT_UNSPENT:${wallet.id}`,
      severity: 'MEDIUM',
      code: 'DB_SPENT_MINT_UNSPENT',
      npub: wallet.npub,
      walletId: wallet.id,
      summary: `${found.length} proofs (${sum} ${wallet.unit}) are spent in our books and unspent at the mint. Nothing was changed; look into it.`,
      requestId,
    });
  }

  return { check };
}

type Confirmed = { discrepancy: Discrepancy; version: number };

function beliefs(token: TokenOutline): Belief[] {
  return token.proofs.map((proof) => ({
    ...proof,
    version: token.version,
    status: token.status,
    reservedBy: token.reservedBy,
  }));
}

function differing(
  belief: Parameters<typeof classify>[0],
  states: ReadonlyMap<string, ProofState>,
): Discrepancy[] {
  const state = states.get(belief.Y);
  const discrepancy = state === undefined ? null : classify(belief, state);
  return discrepancy === null ? [] : [discrepancy];
}

function inconsistent(wallet: Wallet, discrepancies: readonly Discrepancy[]): DomainError {
  return new DomainError(
    'PROOF_STATE_INCONSISTENCY',
    'CRITICAL',
    'Cannot proceed with the Lightning payment: the mint says that some of this wallet’s ecash is already spent. Nothing was paid. The affected tokens are now marked as spent; try again, and contact support if the balance is not what you expect.',
    {
      retryable: true,
      members: {
        cause: { code: 'HIGH_SEVERITY_DISCREPANCIES', severity: 'HIGH' },
        discrepancies: discrepancies.map(({ type, severity, tokenId, amount }) => ({
          type,
          severity,
          tokenId,
          amount: Number(amount),
        })),
      },
      about: { npub: wallet.npub, walletId: wallet.id },
    },
  );
}

function correctionUnderWay(wallet: Wallet): DomainError {
  return new DomainError(
    'MELT_BLOCKED_BY_RECONCILIATION',
    'HIGH',
    'This wallet’s books are being corrected at this moment. Nothing was paid; try again in a few seconds.',
    { retryable: true, about: { npub: wallet.npub, walletId: wallet.id } },
  );
}
