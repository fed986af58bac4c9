import { validationError } from '../../models/errors.ts';
import type { MeltQuote } from '../../models/operation.ts';
import { largestSum } from '../../models/proof.ts';
import { hasKnownWorth, isWorth, msatOf } from '../../models/units.ts';
import type { Wallet } from '../../models/wallet.ts';
import type { AmountWish } from '../contracts.ts';
import { mintError } from '../mint/mintError.ts';
import type { MintDirectory } from '../mint/mints.ts';
import { amountOfUnitUnsupported, amountRequired, type Invoice } from './invoice.ts';
import type { Preparation } from './preparation.ts';
import { quoteMelt } from './quoting.ts';
import { insufficientBalance } from './refusals.ts';

/**
 * Asks the mint for a quote over what an invoice names, what the payer names, or all that the wallet can bring.
 * @throws DomainError as `quoteMelt`; VALIDATION_ERROR, AMOUNT_REQUIRED where wish and invoice do not fit one another;
 * INSUFFICIENT_BALANCE where all that there is does not even pay the fees
 */
export type WishedQuotes = (wallet: Wallet, invoice: Invoice, wish: AmountWish) => Promise<MeltQuote>;

/** A mint's fee reserve follows from the amount, and the amount from the reserve: so many tries find it, or are enough. */
export const maxQuotesTried = 4;

export function createWishedQuotes(parts: {
  mints: MintDirectory;
  preparation: Pick<Preparation, 'reach'>;
  now: () => Date;
}): WishedQuotes {
  const { mints, preparation, now } = parts;

  /**
   * The largest amount whose quote can be paid, among few that are asked for. Each is as much as the reserve of the one before
   * leaves; the first takes it for a hundredth, as most mints do.
   */
  async function largest(wallet: Wallet, invoice: Invoice): Promise<MeltQuote> {
    const { reach, available } = await preparation.reach(wallet);
    let best: MeltQuote | null = null;
    let smallestNeed = 1n;
    let amount = reach - (reach + 99n) / 100n || 1n;
    for (let tried = 0; tried < maxQuotesTried && reach > 0n && amount > 0n; tried += 1) {
      const quote = await quoteMelt(mints, wallet, invoice, now(), amount);
      const need = quote.amount + quote.feeReserve;
      if (need <= reach && (best === null || quote.amount > best.amount)) best = quote;
      if (need === reach) break;
      smallestNeed = 1n + quote.feeReserve;
      amount = reach - quote.feeReserve;
      if (best !== null && amount <= best.amount) break;
    }
    if (best !== null) return best;
    if (reach < smallestNeed)
      throw insufficientBalance(available + smallestNeed - reach, available, wallet.unit);
    throw mintError('asks for another fee reserve each time, so that no amount fits the balance');
  }

  return async (wallet, invoice, wish) => {
    const amount = amountToAsk(invoice, wish, wallet.unit);
    return amount === 'max' ? largest(wallet, invoice) : quoteMelt(mints, wallet, invoice, now(), amount);
  };
}

/** What the mint is to be told; null where the invoice says it. @throws DomainError VALIDATION_ERROR, AMOUNT_REQUIRED */
function amountToAsk({ amountMsat }: Invoice, wish: AmountWish, unit: string): bigint | 'max' | null {
  if (!hasKnownWorth(unit)) {
    // NUT-23 wants msat, and NUT-05 tells no price in them: nobody here can say how many they are.
    if (wish !== undefined)
      throw wrongAmount(`cannot be told in ${unit}; leave it out, and use an invoice that names its amount`);
    if (amountMsat === null) throw amountOfUnitUnsupported(unit);
    return null;
  }
  if (amountMsat === null) {
    if (wish === undefined) throw amountRequired();
    if (wish !== 'max' && (msatOf(wish, unit) ?? 0n) > largestSum)
      throw wrongAmount('is more than any invoice can be paid with');
    return wish;
  }
  if (wish === undefined || (wish !== 'max' && isWorth(wish, unit, amountMsat))) return null;
  throw wrongAmount('must be what the invoice names; leave it out, or use an invoice without an amount');
}

const wrongAmount = (message: string) => validationError([{ field: 'amount', message }]);
