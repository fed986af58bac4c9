import type { Config } from '../../config.ts';
import { DomainError, validationError } from '../../models/errors.ts';
import type { MeltQuote } from '../../models/operation.ts';
import { hasKnownWorth, inUnit } from '../../models/units.ts';
import type { Wallet } from '../../models/wallet.ts';
import type { MeltRequest } from '../contracts.ts';

/**
 * The most that a payment may cost besides its amount, in the wallet's unit, and who says so. What the client says can be
 * raised by the client; the server's own cannot. Below zero where the amount alone is more than `maxTotal`.
 */
export type FeeLimit =
  | { setBy: 'server' | 'maxFee'; amount: bigint }
  | { setBy: 'maxTotal'; amount: bigint; maxTotal: bigint };

/** What the client says that it may be; nothing, where it only asks what a payment costs. */
export type ClientsLimits = Partial<Pick<MeltRequest, 'maxFee' | 'maxTotal'>>;

/** In a unit whose worth is not known here: one for the reserve and one for the input fees, each of which is rounded up. */
const baseOfUnknownWorth = 2n;

/** The lowest of the limits that there are for this quote. */
export function feeLimit(
  { unit }: Pick<Wallet, 'unit'>,
  quote: Pick<MeltQuote, 'amount'>,
  { maxFee, maxTotal }: ClientsLimits,
  { feeCapBase, feeCapPercent }: Pick<Config, 'feeCapBase' | 'feeCapPercent'>,
): FeeLimit {
  const base = inUnit(feeCapBase, unit) ?? baseOfUnknownWorth;
  const limits: FeeLimit[] = [{ setBy: 'server', amount: base + (quote.amount * feeCapPercent) / 100n }];
  if (maxFee !== undefined) limits.push({ setBy: 'maxFee', amount: maxFee });
  if (maxTotal !== undefined) limits.push({ setBy: 'maxTotal', amount: maxTotal - quote.amount, maxTotal });
  return limits.reduce((lowest, limit) => (limit.amount < lowest.amount ? limit : lowest));
}

/**
 * Where only the mint knows what a unit is worth, it could ask for all that there is: the payer says how much it may be.
 * @throws DomainError VALIDATION_ERROR
 */
export function demandMaxTotal({ unit }: Wallet, { maxTotal }: Pick<MeltRequest, 'maxTotal'>): void {
  if (hasKnownWorth(unit) || maxTotal !== undefined) return;
  const message = `is required where the wallet is in ${unit}, since the mint sets the price; ask melt/quote first, and send the total that it tells`;
  throw validationError([{ field: 'maxTotal', message }]);
}

/** `cost`: what the payment may cost besides its amount. */
export function feeTooHigh(cost: bigint, amount: bigint, limit: FeeLimit, unit: string): DomainError {
  const { says, members } = inWords(cost, amount, limit, unit);
  return new DomainError('FEE_TOO_HIGH', 'LOW', `Paying this invoice may cost up to ${says}.`, {
    members: { fee: Number(cost), limit: limit.amount < 0n ? 0 : Number(limit.amount), ...members },
  });
}

function inWords(cost: bigint, amount: bigint, limit: FeeLimit, unit: string) {
  switch (limit.setBy) {
    case 'server':
      return {
        says: `${cost} ${unit} in fees, and this server’s limit is ${limit.amount} ${unit}. Nothing was paid; use another invoice, or try again later`,
        members: {},
      };
    case 'maxFee':
      return {
        says: `${cost} ${unit} in fees, and maxFee is ${limit.amount} ${unit}. Nothing was paid; raise maxFee, or use another invoice`,
        members: {},
      };
    case 'maxTotal':
      return {
        says: `${amount + cost} ${unit} with fees, and maxTotal is ${limit.maxTotal} ${unit}. Nothing was paid; raise maxTotal if that is what it may cost, or use another invoice`,
        members: { total: Number(amount + cost), maxTotal: Number(limit.maxTotal) },
      };
  }
}
