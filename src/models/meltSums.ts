import type { AtomicResult, MeltOperation } from './operation.ts';

/** What really left the wallet besides the amount paid: input fees and the Lightning fee, less the change credited. */
export function feesPaid(
  operation: MeltOperation,
  booked: Pick<AtomicResult, 'keepAmount' | 'meltChangeAmount'>,
): bigint {
  return operation.sourceAmount - operation.quote.amount - booked.keepAmount - booked.meltChangeAmount;
}

/** What a melt that has ended took of its key's budget: what really left the wallet. Null while it has not ended. */
export function budgetTaken({
  state,
  sourceAmount,
  atomicResult,
  releasedAmount,
}: MeltOperation): bigint | null {
  switch (state) {
    case 'settled':
      return sourceAmount - (atomicResult?.keepAmount ?? 0n) - (atomicResult?.meltChangeAmount ?? 0n);
    case 'released':
    case 'written_off':
      return sourceAmount - (releasedAmount ?? 0n);
    case 'cancelled':
      return 0n;
    case 'prepared':
    case 'swapping':
    case 'swapped':
    case 'melting':
    case 'pending':
    case 'paid':
    case 'releasing':
    case 'needs_attention':
      return null;
  }
}
