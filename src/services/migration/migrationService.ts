import { invariant } from '../../models/errors.ts';
import type { LegacyToken, LegacyWallet, WalletVerdict } from '../../models/legacy.ts';
import { type Proof, sumAmounts } from '../../models/proof.ts';
import type { CashuToken } from '../../models/token.ts';
import type { Wallet } from '../../models/wallet.ts';
import type { LegacySource } from '../../repositories/legacy/source.ts';
import type { TakeOver } from '../../repositories/legacy/takeOver.ts';
import type { MintDirectory } from '../mint/mints.ts';
import { type Finding, findingsOf } from './findings.ts';
import { type Inventory, type TokenFound, takeInventory } from './inventory.ts';
import { askMints, type MintTerms } from './mintTerms.ts';
import { planTokens, type TokenDecision, type TokenDraft } from './plan.ts';
import { planWallets, type WalletPlan } from './planWallets.ts';
import { readSecret } from './readLegacy.ts';
import { type Circumstances, isWhole } from './standing.ts';
import { type Totals, totalsOf } from './totals.ts';

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
   * @throws InvariantBroken before anything is written when the sums would not agree, or when the store changed meanwhile
   * @throws DomainError MINT_UNAVAILABLE, MINT_ERROR before anything is written
   */
  migrate(options: {
    dryRun: boolean;
    onProgress: (done: number, of: number) => void;
  }): Promise<MigrationReport>;
};

type Parts = {
  source: LegacySource;
  takeOver: TakeOver;
  mints: Pick<MintDirectory, 'at' | 'describe'>;
  mintUrls: readonly string[];
};

type Plan = {
  inventory: Inventory;
  known: Circumstances;
  wallets: WalletPlan;
  decisions: (TokenDecision & TokenFound)[];
};

/** As many proofs are looked up at a time. */
const lookUpSize = 500;

export function createMigrationService({ source, takeOver, mints, mintUrls }: Parts): MigrationService {
  async function migrate({ dryRun, onProgress }: Parameters<MigrationService['migrate']>[0]) {
    await source.tryKey();
    const plan = await planFor(await takeInventory(source));
    const planned = totalsOf(finalTokens(plan), plan.known);
    assertSumsAgree(planned);
    const written = { wallets: 0, tokens: 0, originals: 0 };
    if (!dryRun) {
      await takeOver.prepare();
      await moveWallets(plan, written);
      await moveTokens(plan, written, onProgress);
      await assertAllArrived(plan, planned);
      await takeOver.finish();
    }
    const findings = findingsOf(finalTokens(plan), plan.wallets.verdicts, plan.known);
    return { dryRun, written, ...planned, findings };
  }

  async function planFor(inventory: Inventory, asked?: ReadonlyMap<string, MintTerms>): Promise<Plan> {
    const tokens = inventory.tokens.map(({ token }) => token);
    const legacyWallets = inventory.wallets.map(({ wallet }) => wallet);
    const terms = asked ?? (await askMints(mints, mintUrls, tokens, legacyWallets));
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
    for (const { wallet: legacy, place } of plan.inventory.wallets) {
      const verdict = plan.wallets.verdicts.get(legacy);
      if (verdict === undefined || !isNews(verdict, legacy, place.kind)) continue;
      const found = legacy.npub === null ? undefined : plan.wallets.byNpub.get(legacy.npub);
      const wallet = verdict.fate === 'migrated' && found !== undefined ? found : null;
      const outcome = await takeOver.takeWallet({ ...legacy, verdict }, place, wallet);
      written.originals += Number(outcome.isTaken && place.kind === 'legacy');
      written.wallets += Number(outcome.isMade);
    }
  }

  async function moveTokens(
    plan: Plan,
    written: MigrationReport['written'],
    onProgress: (done: number, of: number) => void,
  ): Promise<void> {
    const due = plan.decisions.filter(({ isChanged, place }) => isChanged || place.kind === 'legacy');
    const owners = new Set(due.flatMap(({ draft }) => (draft === null ? [] : [draft.wallet])));
    for (const wallet of owners) written.wallets += Number(await takeOver.ensureWallet(wallet));
    for (const [index, { token, place, draft }] of due.entries()) {
      const make =
        draft === null ? null : (fields: Record<string, unknown>) => newToken(token, draft, fields);
      if (await takeOver.takeToken(token, place, make)) {
        written.originals += Number(place.kind === 'legacy');
        written.tokens += Number(draft !== null);
      }
      onProgress(index + 1, due.length);
    }
  }

  /** Reads everything again: nothing is left, the archive tells the same, and each proof is in exactly one token. */
  async function assertAllArrived(plan: Plan, planned: Totals): Promise<void> {
    const inventory = await takeInventory(source);
    const left = [...inventory.tokens, ...inventory.wallets].filter(({ place }) => place.kind === 'legacy');
    invariant(
      left.length === 0,
      `${left.length} documents of the earlier design appeared while they were migrated: stop its server and run this again.`,
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

  return { migrate };
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

function isNews(
  verdict: WalletVerdict,
  { verdict: earlier }: LegacyWallet,
  place: 'legacy' | 'archive',
): boolean {
  return place === 'legacy' || earlier?.fate !== verdict.fate;
}

/** The token as this version stores it. Its secrets are read from the original only now, to be sealed at once. */
function newToken(token: LegacyToken, draft: TokenDraft, fields: Record<string, unknown>): CashuToken {
  const proofs = draft.positions.map((position): Proof => {
    const proof = token.proofs[position];
    invariant(proof !== undefined && isWhole(proof), 'a proof that cannot be read would be migrated');
    const { Y, keysetId, amount, C } = proof;
    return { Y, keysetId, amount, C, ...readSecret(fields, position) };
  });
  const { id, wallet, status, transactionType, transactionId } = draft;
  const { collection, id: documentId } = token.origin;
  return {
    id,
    npub: wallet.npub,
    walletId: wallet.id,
    mintUrl: wallet.mintUrl,
    unit: wallet.unit,
    proofs,
    totalAmount: sumAmounts(proofs),
    status,
    transactionType,
    transactionId,
    spentAt: status === 'spent' ? token.spentAt : null,
    spentReason: status === 'spent' ? 'operation' : null,
    reservedBy: null,
    version: 1,
    metadata: { legacy: { collection, documentId, transactionId: token.transactionId, type: token.type } },
    createdAt: token.createdAt,
  };
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
