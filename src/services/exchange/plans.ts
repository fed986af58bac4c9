import { createHash } from 'node:crypto';
import { invariant } from '../../models/errors.ts';
import type { Lock, ReceiveOperation, SendOperation } from '../../models/exchange.ts';
import type { PlannedOutput } from '../../models/proof.ts';
import { sumAmounts } from '../../models/proof.ts';
import type { UpkeepOperation } from '../../models/upkeep.ts';
import { scalarHex } from '../ecash/arithmeticJobs.ts';
import { curve } from '../ecash/curve.ts';
import { lockedSecret } from '../ecash/locks.ts';
import { type OutputFactory, type OutputPlan, proofName } from '../ecash/outputs.ts';
import { bySize, changeParts, type OutputKeyset, partsOf, usefulSplit } from '../operations/swapRequests.ts';
import type { Detection } from '../restore/detection.ts';
import type { SwapJob } from './swapFacts.ts';

/** What the swaps of sends, receives and upkeeps are made into. */
export type ExchangePlans = ReturnType<typeof createExchangePlans>;

export function createExchangePlans(outputs: OutputFactory, detection: Pick<Detection, 'demandUnsigned'>) {
  /** The token, of exactly its amount, and what is left for the wallet. Null where the fee is more than was agreed on. */
  async function send(
    operation: SendOperation,
    { inputs }: SwapJob,
    keyset: OutputKeyset,
    fee: bigint,
  ): Promise<PlannedOutput[] | null> {
    const { walletId, amount, fee: agreedFee, lock } = operation;
    const keep = sumAmounts(inputs) - fee - amount;
    if (fee > agreedFee || keep < 0n) return null;
    const plans: OutputPlan[] = [
      ...partsOf(amount, 'token', keyset),
      ...(keep === 0n ? [] : changeParts(keep, keyset)),
    ];
    const planned = await outputs.plan(walletId, keyset.id, bySize(plans));
    if (lock === null) return planned;
    // Under their counters as they are: by that alone books that have fallen behind are noticed.
    await detection.demandUnsigned(operation, planned);
    return planned.map((output) => (output.role === 'token' ? locked(output, lock) : output));
  }

  /** All of it for the wallet. Null where the fee leaves nothing. */
  async function home(
    { walletId }: SendOperation | ReceiveOperation,
    { inputs }: SwapJob,
    keyset: OutputKeyset,
    fee: bigint,
  ): Promise<PlannedOutput[] | null> {
    const amount = sumAmounts(inputs) - fee;
    return amount <= 0n ? null : outputs.plan(walletId, keyset.id, partsOf(amount, 'release', keyset));
  }

  /**
   * All of it for the wallet, and where proofs cost nothing to spend, so that any amount can be paid to the unit: most melts
   * need no swap then. Null where the fee is more than was thought.
   */
  async function useful(
    { walletId, fee: expectedFee }: UpkeepOperation,
    { inputs }: SwapJob,
    keyset: OutputKeyset,
    fee: bigint,
  ): Promise<PlannedOutput[] | null> {
    const amount = sumAmounts(inputs) - fee;
    if (fee > expectedFee || amount <= 0n) return null;
    const plans: OutputPlan[] = usefulParts(amount, keyset).map((part) => ({
      role: 'release',
      amount: part,
    }));
    return outputs.plan(walletId, keyset.id, bySize(plans));
  }

  return { send, home, useful };
}

/** What upkeep makes of an amount: one of each. */
export const usefulParts = (amount: bigint, keyset: OutputKeyset): bigint[] => usefulSplit(amount, keyset, 1);

/**
 * An output with a secret that says who may spend it (NUT-10, NUT-11). Nonce and blinding factor follow from those of the
 * counter and do not tell them: the recipient learns both, and the plain output of that counter may be a wallet's money in a
 * time that these books have lost.
 */
function locked(output: PlannedOutput, lock: Lock): PlannedOutput {
  const secret = lockedSecret(lock, derived('nonce', output));
  const blindingFactor = (BigInt(`0x${derived('blinding factor', output)}`) % (curveOrder - 1n)) + 1n;
  const B_ = curve.blindedPoint(proofName(secret), scalarHex(blindingFactor));
  invariant(B_ !== null, 'a locked secret cannot be blinded');
  return { ...output, secret, blindingFactor, B_ };
}

const derived = (purpose: string, { secret, blindingFactor }: PlannedOutput): string =>
  createHash('sha256')
    .update(`crucible locked ${purpose} v1 ${secret} ${blindingFactor.toString(16)}`)
    .digest('hex');

/** Of secp256k1 (SEC 2). */
const curveOrder = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
