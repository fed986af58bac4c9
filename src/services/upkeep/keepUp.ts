import type { Config } from '../../config.ts';
import { type Proof, sumAmounts } from '../../models/proof.ts';
import type { UpkeepOperation } from '../../models/upkeep.ts';
import type { Wallet } from '../../models/wallet.ts';
import type { OperationRepository } from '../../repositories/operations.ts';
import { type TokenOutline, TokensTaken } from '../../repositories/tokenReads.ts';
import type { TokenRepository } from '../../repositories/tokens.ts';
import type { UpkeepRepository } from '../../repositories/upkeeps.ts';
import type { Swapping } from '../exchange/swapping.ts';
import { candidatesIn } from '../melt/candidates.ts';
import type { Comparison } from '../melt/comparison.ts';
import { reservationsFor } from '../melt/drafting.ts';
import type { OutputKeysets } from '../melt/outputKeysets.ts';
import type { Preflight } from '../melt/preflight.ts';
import { listedFor, type MintDirectory } from '../mint/mints.ts';
import { buryOrKeep } from '../operations/bury.ts';
import type { Driver, Handler } from '../operations/driver.ts';
import { freshId, freshOperation } from '../operations/fresh.ts';
import { type Chosen, chooseUpkeep } from './choosing.ts';

/** `nothing`: all is well, or may not be touched. `busy`: others have the ecash, or are at it. */
export type UpkeepResult = 'kept_up' | 'nothing' | 'busy';

/** Swaps some of a wallet's ecash, once, where that is due. */
export type KeepUp = {
  /**
   * `isUrgent`: a payment fails for want of it, so that small proofs come before retiring ones.
   * @throws DomainError where mint or database are in trouble, or books and mint differ; whatever has left is the worker's
   */
  keepUp(wallet: Wallet, isUrgent: boolean): Promise<UpkeepResult>;
};

/** So long the mint's answer is waited for here. */
const patienceMs = 5_000;
const maxRounds = 4;
const listingMaxAgeMs = 2_000;

export function createKeepUp(parts: {
  tokens: TokenRepository;
  operations: OperationRepository;
  upkeeps: UpkeepRepository;
  mints: MintDirectory;
  keysets: OutputKeysets;
  preflight: Pick<Preflight, 'check'>;
  comparison: Pick<Comparison, 'states'>;
  swapping: Pick<Swapping<UpkeepOperation>, 'firstAttempt'>;
  driver: Driver;
  handler: Handler<UpkeepOperation>;
  config: Pick<Config, 'leaseMs'>;
  owner: string;
  now: () => Date;
}): KeepUp {
  const {
    tokens,
    operations,
    upkeeps,
    mints,
    keysets,
    preflight,
    comparison,
    swapping,
    driver,
    handler,
    now,
  } = parts;
  const lease = { owner: parts.owner, leaseMs: parts.config.leaseMs };

  async function keepUp(wallet: Wallet, isUrgent: boolean): Promise<UpkeepResult> {
    // While it is being recovered, its ecash is looked for and compared: nothing is begun that nobody waits for.
    if (wallet.recovery !== undefined && !(isUrgent && wallet.recovery === 'watching')) return 'nothing';
    const avoid = new Set<string>();
    for (let round = 1; round <= maxRounds; round += 1) {
      const outlines = await tokens.spendable(wallet.id);
      const chosen = outlines.length === 0 ? null : await choose(wallet, outlines, avoid, isUrgent);
      if (chosen === null) return 'nothing';
      const id = freshId('upkeep', now());
      const unfit = await unfitOf(wallet, chosen, outlines, isUrgent ? id : null);
      if (unfit.size === 0) return swap(wallet, chosen, outlines, id);
      for (const Y of unfit) avoid.add(Y);
    }
    return 'busy';
  }

  /**
   * What is to be left for another choice, since the mint would not swap it. Only for a payment is what it calls spent marked so,
   * by its pre-flight: a mint that errs for a moment must not empty wallets that nobody uses.
   */
  async function unfitOf(
    wallet: Wallet,
    { inputs }: Chosen,
    outlines: TokenOutline[],
    urgentId: string | null,
  ): Promise<ReadonlySet<string>> {
    if (urgentId !== null) {
      const selected = { proofs: inputs, tokens: outlines, withOthers: false, early: null };
      return (await preflight.check(wallet, selected, urgentId)).pendingAtMint;
    }
    const Ys = inputs.map(({ Y }) => Y);
    const states = await comparison.states(wallet, Ys);
    return new Set(Ys.filter((Y) => states.get(Y) !== 'UNSPENT'));
  }

  async function swap(
    wallet: Wallet,
    chosen: Chosen,
    outlines: TokenOutline[],
    id: string,
  ): Promise<UpkeepResult> {
    const reservations = reservationsFor(chosen.inputs, outlines);
    const inputs = await tokens.open(wallet.id, reservations).catch(orTaken);
    if (inputs === null) return 'busy';
    const draft = {
      ...draftUpkeep(wallet, chosen, { id, inputs, at: now() }),
      sourceTokenIds: reservations.map(({ tokenId }) => tokenId),
    };
    const attempt = await swapping.firstAttempt(draft, { purpose: 'swap', inputs });
    if (attempt === null) return 'busy'; // fees have risen since: looked at again later
    const operation = { ...draft, attempts: [attempt] };
    switch (await upkeeps.reserve(operation, reservations, lease)) {
      case 'taken':
        return 'busy';
      case 'unknown':
        await buryOrKeep(operations, operation);
        break;
      case 'reserved':
        break;
    }
    const untilMs = now().getTime() + patienceMs;
    const { state } = await driver.drive(operation, handler, 'creator', { untilMs });
    return state === 'kept_up' ? 'kept_up' : 'busy';
  }

  async function choose(
    wallet: Wallet,
    outlines: readonly TokenOutline[],
    avoid: ReadonlySet<string>,
    isUrgent: boolean,
  ): Promise<Chosen | null> {
    await mints.describeFor(wallet);
    const target = await keysets.forOutputs(wallet.mintUrl, wallet.unit);
    const { usable } = await candidatesIn(wallet, outlines, mints);
    const listed = await listedFor(usable, mints.at(wallet.mintUrl), listingMaxAgeMs);
    const among = usable.filter(({ Y }) => !avoid.has(Y));
    return chooseUpkeep(among, { listed, target, isUrgent, nowMs: now().getTime() });
  }

  return { keepUp };
}

function draftUpkeep(
  wallet: Wallet,
  { reason, fee }: Chosen,
  { id, inputs, at }: { id: string; inputs: Proof[]; at: Date },
): UpkeepOperation {
  return {
    ...freshOperation({
      kind: 'upkeep',
      id,
      wallet,
      state: 'swapping',
      event: 'inputs reserved',
      request: { requestId: null, memo: null, externalId: null }, // nobody asked for it
      at,
    }),
    upkeepReason: reason,
    amount: sumAmounts(inputs),
    sourceTokenIds: [],
    fee,
    tokenId: null,
    gone: null,
    unverified: null,
    refused: null,
    failure: null,
    finishedAt: null,
    inputs,
  };
}

function orTaken(error: unknown): null {
  if (error instanceof TokensTaken) return null;
  throw error;
}
