import type { Config } from '../../config.ts';
import type { MeltQuote } from '../../models/operation.ts';
import { sumAmounts } from '../../models/proof.ts';
import { isAmong } from '../../models/rollout.ts';
import type { Wallet } from '../../models/wallet.ts';
import type { LedgerRepository } from '../../repositories/ledger.ts';
import type { TokenOutline } from '../../repositories/tokenReads.ts';
import type { TokenRepository } from '../../repositories/tokens.ts';
import type { AmountWish } from '../contracts.ts';
import type { MintDirectory } from '../mint/mints.ts';
import type { OutputKeyset } from '../operations/swapRequests.ts';
import { candidatesIn, demandListed } from './candidates.ts';
import { choose, costOf, wholeOf } from './choosing.ts';
import { type ClientsLimits, feeLimit } from './feeLimit.ts';
import type { OutputKeysets } from './outputKeysets.ts';
import type { EarlyLook, Preflight } from './preflight.ts';
import { concurrentOperation } from './refusals.ts';
import type { Selection } from './selection.ts';

/** A wallet's tokens as they were when the mint was asked for the quote, and what the pre-flight saw of them. */
export type Early = { tokens: readonly TokenOutline[]; look: EarlyLook | null };

/** What a request says of the price. */
type Asked = ClientsLimits & { amount: AmountWish };

/** What was chosen, the tokens as they were read for it, and the keyset of what the mint is to sign. */
type Selected = {
  outlines: readonly TokenOutline[];
  keyset: OutputKeyset;
  unlisted: bigint;
  chosen: Selection;
};

/** Chooses ecash for a payment; reserves nothing. */
export type Selecting = {
  /** The cheapest way to pay, `avoid` left out, from what is spendable now, or was when it was `seen`. */
  select(
    wallet: Wallet,
    quote: MeltQuote,
    asked: Asked,
    from: { avoid: ReadonlySet<string>; seen: Early | null },
  ): Promise<Selected>;
  /** Whether the pre-flight looks at other proofs of this wallet, too. */
  looksAtOthers(wallet: Wallet): boolean;
  /**
   * What `select` will choose from, compared with the mint, for the moment in which that is asked for the quote. Null where it has been
   * silent: then the quote alone finds out whether it is back.
   */
  lookEarly(wallet: Wallet): Promise<Early | null>;
  /** The cheapest way to pay a quote from what is spendable now. */
  estimate(wallet: Wallet, quote: MeltQuote, wish: AmountWish): Promise<Selection>;
  /**
   * What could be brought to the mint now, amount and fee reserve together, of so much that is spendable.
   * @throws DomainError CONCURRENT_OPERATION where others hold all that there is
   */
  reach(wallet: Wallet): Promise<{ reach: bigint; available: bigint }>;
};

export function createSelecting(parts: {
  tokens: Pick<TokenRepository, 'spendable'>;
  ledger: Pick<LedgerRepository, 'holdings'>;
  mints: MintDirectory;
  keysets: OutputKeysets;
  preflight: Pick<Preflight, 'lookEarly'>;
  config: Pick<Config, 'feeCapBase' | 'feeCapPercent' | 'directMeltPercent' | 'fullPreflightPercent'>;
}): Selecting {
  const { tokens, ledger, mints, keysets, preflight, config } = parts;

  async function select(
    wallet: Wallet,
    quote: MeltQuote,
    asked: Asked,
    { avoid, seen }: { avoid: ReadonlySet<string>; seen: Early | null },
  ): Promise<Selected> {
    const outlines = seen?.tokens ?? (await tokens.spendable(wallet.id));
    const keyset = await keysets.forOutputs(wallet.mintUrl, wallet.unit);
    const { usable, unlisted } = await candidatesIn(wallet, outlines, mints);
    const free = usable.filter(({ Y }) => !avoid.has(Y));
    const wishes = wishesOf(wallet, quote, asked);
    const chosen = choose(free, quote, keyset, wishes);
    // Nobody is refused by what was: more may be free now.
    const isRefused = chosen.kind === 'insufficient' || costOf(chosen, quote) > wishes.mayCost;
    if (seen !== null && isRefused) return select(wallet, quote, asked, { avoid, seen: null });
    return { outlines, keyset, unlisted, chosen };
  }

  const looksAtOthers = (wallet: Wallet): boolean =>
    isAmong(config.fullPreflightPercent, 'full_preflight', wallet.id);

  async function lookEarly(wallet: Wallet): Promise<Early | null> {
    if (mints.at(wallet.mintUrl).gateway.health().circuit !== 'closed') return null;
    const outlines = await tokens.spendable(wallet.id);
    return { tokens: outlines, look: await preflight.lookEarly(wallet, outlines, looksAtOthers(wallet)) };
  }

  const wishesOf = (wallet: Wallet, quote: MeltQuote, asked: Asked) => ({
    wantsAll: asked.amount === 'max',
    mayBeDirect: isAmong(config.directMeltPercent, 'direct_melt', wallet.id),
    mayCost: feeLimit(wallet, quote, asked, config).amount,
  });

  async function estimate(wallet: Wallet, quote: MeltQuote, wish: AmountWish): Promise<Selection> {
    const [outlines, keyset] = await Promise.all([
      tokens.spendable(wallet.id),
      keysets.forOutputs(wallet.mintUrl, wallet.unit),
    ]);
    const { usable, unlisted } = await candidatesIn(wallet, outlines, mints);
    const selection = choose(usable, quote, keyset, wishesOf(wallet, quote, { amount: wish }));
    demandListed(wallet, selection, unlisted);
    return selection;
  }

  async function reach(wallet: Wallet): Promise<{ reach: bigint; available: bigint }> {
    const { usable, unlisted } = await candidatesIn(wallet, await tokens.spendable(wallet.id), mints);
    const available = sumAmounts(usable);
    const { reach: most } = wholeOf(usable);
    if (most > 0n) return { reach: most, available };
    demandListed(wallet, { kind: 'insufficient', required: available + 1n, available }, unlisted);
    const { unspent } = await ledger.holdings(wallet.id);
    if (unspent > available + unlisted) throw concurrentOperation();
    return { reach: most, available };
  }

  return { select, looksAtOthers, lookEarly, estimate, reach };
}
