import { invariant } from '../../models/errors.ts';
import type { LegacyToken } from '../../models/legacy.ts';
import type { Wallet } from '../../models/wallet.ts';
import type { Rehearsal } from '../../repositories/legacy/rehearsal.ts';
import type { LegacySource } from '../../repositories/legacy/source.ts';
import type { TakeOver } from '../../repositories/legacy/takeOver.ts';
import type { EcashArithmetic } from '../ecash/arithmetic.ts';
import type { MintDirectory } from '../mint/mints.ts';
import { checkDleqs } from './dleq.ts';
import { type Finding, findingsOf } from './findings.ts';
import { type Inventory, takeInventory } from './inventory.ts';
import { askMints } from './mintTerms.ts';
import { findObstacles, refuseObstacles } from './obstacles.ts';
import { planTokens } from './plan.ts';
import { planWallets } from './planWallets.ts';
import type { Circumstances } from './standing.ts';
import { type Totals, totalsOf } from './totals.ts';
import { dueTokens, dueWallets, makerOf, type Plan } from './work.ts';

export type MigrationReport = Totals & {
  dryRun: boolean;
  /** What this run wrote; all 0 where there was nothing left to do. */
  written: { wallets: number; tokens: number; originals: number };
  findings: Finding[];
};

export type MigrationService = {
  /**
   * Brings every document of the earlier design into this one, or only says what it would do. May be repeated, cut short
   * and run twice at once.
   * @throws InvariantBroken before anything is written where the sums would not agree or a document stands in the way;
   * later only if the store changed meanwhile
   * @throws DomainError MINT_UNAVAILABLE, MINT_ERROR before anything is written
   */
  migrate(options: {
    dryRun: boolean;
    onProgress: (done: number, of: number) => void;
  }): Promise<MigrationReport>;
  /** An archived original, secrets included, as the bytes that it was stored in (BSON); null if there is none so named. */
  original(name: string): Promise<Uint8Array | null>;
};

type Parts = {
  source: LegacySource;
  rehearsal: Rehearsal;
  takeOver: TakeOver;
  mints: Pick<MintDirectory, 'at' | 'describe'>;
  mintUrls: readonly string[];
  arithmetic: EcashArithmetic;
};

/** As many proofs are looked up at a time. */
const lookUpSize = 500;

export function createMigrationService(parts: Parts): MigrationService {
  const { source, rehearsal, takeOver, mints, mintUrls, arithmetic } = parts;

  async function migrate({ dryRun, onProgress }: Parameters<MigrationService['migrate']>[0]) {
    await source.tryKey();
    const plan = await planFor(await takeInventory(source));
    const planned = totalsOf(finalTokens(plan), plan.known);
    assertSumsAgree(planned);
    const obstacles = await findObstacles(plan, source, rehearsal);
    const written = { wallets: 0, tokens: 0, originals: 0 };
    if (!dryRun) {
      refuseObstacles(obstacles);
      await takeOver.prepare();
      await moveWallets(plan, written);
      await moveTokens(plan, written, onProgress);
      await assertAllArrived(plan, planned);
      await takeOver.finish();
    }
    const findings = findingsOf(finalTokens(plan), plan.wallets.verdicts, plan.known);
    return { dryRun, written, ...planned, findings: [...obstacles, ...findings] };
  }

  async function planFor(taken: Inventory): Promise<Plan> {
    const legacyWallets = taken.wallets.map(({ wallet }) => wallet);
    const asTaken = taken.tokens.map(({ token }) => token);
    const terms = await askMints(mints, mintUrls, asTaken, legacyWallets);
    const inventory = { ...taken, tokens: await checkDleqs(taken.tokens, terms, source, arithmetic) };
    const tokens = inventory.tokens.map(({ token }) => token);
    const present = await presentWallets([...legacyWallets, ...tokens]);
    const wallets = planWallets(legacyWallets, tokens, { terms, present });
    const ownerOf = new Map(legacyWallets.map(({ origin, npub }) => [origin.id, npub]));
    const known = { terms, walletOf: wallets.byNpub, ownerOf };
    const decided = planTokens(tokens, known);
    const decisions = inventory.tokens.flatMap(({ place }, index) => {
      const decision = decided[index];
      return decision === undefined ? [] : [{ ...decision, place }];
    });
    return { inventory, known, wallets, decisions };
  }

  async function presentWallets(of: readonly { npub: string | null }[]): Promise<Map<string, Wallet>> {
    const present = new Map<string, Wallet>();
    for (const npub of new Set(of.map((owned) => owned.npub))) {
      const wallet = npub === null ? null : await source.walletOf(npub);
      if (npub !== null && wallet !== null) present.set(npub, wallet);
    }
    return present;
  }

  async function moveWallets(plan: Plan, written: MigrationReport['written']): Promise<void> {
    for (const { legacy, place, wallet } of dueWallets(plan)) {
      const outcome = await takeOver.takeWallet(legacy, place, wallet);
      written.originals += Number(outcome.isTaken && place.kind === 'legacy');
      written.wallets += Number(outcome.isMade);
    }
  }

  async function moveTokens(
    plan: Plan,
    written: MigrationReport['written'],
    onProgress: (done: number, of: number) => void,
  ): Promise<void> {
    const due = dueTokens(plan);
    const owners = new Set(due.flatMap(({ draft }) => (draft === null ? [] : [draft.wallet])));
    for (const wallet of owners) written.wallets += Number(await takeOver.ensureWallet(wallet));
    for (const [index, one] of due.entries()) {
      if (await takeOver.takeToken(one.token, one.place, makerOf(one))) {
        written.originals += Number(one.place.kind === 'legacy');
        written.tokens += Number(one.draft !== null);
      }
      onProgress(index + 1, due.length);
    }
  }

  /** Reads everything again: nothing is left, the archive tells the same, and each proof is in exactly one token. */
  async function assertAllArrived(plan: Plan, planned: Totals): Promise<void> {
    const inventory = await takeInventory(source);
    const left = [...inventory.tokens, ...inventory.wallets].filter(({ place }) => place.kind === 'legacy');
    const leftCount = left.length + inventory.twins.length;
    invariant(
      leftCount === 0,
      `${leftCount} documents of the earlier design appeared while they were migrated: stop its server and run this again.`,
    );
    const arrived = totalsOf(
      inventory.tokens.map(({ token }) => token),
      plan.known,
    );
    invariant(
      asText(arrived) === asText(planned),
      'the store holds something else than was decided: run this again with --dry-run and compare',
    );
    for (const [wallet, Ys] of proofsByWallet(inventory, plan.known)) {
      for (let from = 0; from < Ys.length; from += lookUpSize) {
        const some = Ys.slice(from, from + lookUpSize);
        const holders = await source.holders(wallet, some);
        const astray = some.filter((Y) => holders.get(Y) !== 1);
        invariant(
          astray.length === 0,
          `${astray.length} migrated proofs of wallet ${wallet.id} are not in exactly one token`,
        );
      }
    }
  }

  return { migrate, original: source.original };
}

const finalTokens = (plan: Plan): LegacyToken[] => plan.decisions.map(({ token }) => token);

function assertSumsAgree({ checks }: Totals): void {
  for (const { unit, unspentBefore, unspentAfter, unresolved, holds } of checks) {
    invariant(
      holds,
      `Nothing was written: ${unspentBefore} ${unit ?? 'of unknown unit'} are unspent before, but ${unspentAfter} would be after, and ${unresolved} are unresolved.`,
    );
  }
}

function proofsByWallet({ tokens }: Inventory, { walletOf }: Circumstances): Map<Wallet, string[]> {
  const byWallet = new Map<Wallet, string[]>();
  for (const { token } of tokens) {
    const wallet = token.npub === null ? undefined : walletOf.get(token.npub);
    if (wallet === undefined) continue;
    const Ys = byWallet.get(wallet) ?? [];
    for (const { Y, verdict } of token.proofs) if (Y !== null && verdict?.fate === 'migrated') Ys.push(Y);
    byWallet.set(wallet, Ys);
  }
  return byWallet;
}

const asText = (totals: Totals): string =>
  JSON.stringify(totals, (_name, value: unknown) => (typeof value === 'bigint' ? `${value}` : value));
