import type { MeltOperation } from '../../models/operation.ts';
import { type Proof, sumAmounts } from '../../models/proof.ts';
import { denominations, inputFee, sendAmountUpTo } from '../ecash/amounts.ts';
import { demandOfMint } from '../mint/mintError.ts';
import { activeKeyset, answered, listedFor, type MintDirectory } from '../mint/mints.ts';
import type { OutputKeyset } from '../operations/swapRequests.ts';

/** What is fresh enough just before outputs are made or a melt leaves. */
const freshMs = 2_000;
/** Fees of keysets hardly ever change: a listing of this age will do. */
const settledMs = 60_000;

/** What a new swap of a melt's inputs comes to. */
export type SwapTerms =
  /** It pays, within what the payment may cost. */
  | { kind: 'pays'; swap: Swap }
  /** It does not, but brings the inputs home for a fee within that. */
  | { kind: 'brings_home'; swap: Swap }
  /** Its fee alone is more than that. */
  | { kind: 'too_dear'; fee: bigint };

type Swap = NonNullable<MeltOperation['swap']>;

/** Questions about a mint's keysets that making and sending outputs raises. */
export type OutputKeysets = ReturnType<typeof createOutputKeysets>;

export function createOutputKeysets(mints: MintDirectory, now: () => Date) {
  /** The active keyset, with its keys. `refused`: see `activeKeyset`. @throws DomainError MINT_UNAVAILABLE, MINT_ERROR */
  async function forOutputs(
    mintUrl: string,
    unit: string,
    maxAgeMs = freshMs,
    refused: readonly string[] = [],
  ): Promise<OutputKeyset> {
    const { keysets } = mints.at(mintUrl);
    const info = activeKeyset(
      answered(await keysets.list(maxAgeMs), 'list its keysets'),
      unit,
      now().getTime(),
      refused,
    );
    const keys = answered(await keysets.keys(info.id), 'tell the keys of its keyset');
    return { ...info, ...keys };
  }

  /** Whether the mint would still sign for this keyset. Unreachable counts as yes: the melt itself will tell. */
  async function isActive(operation: MeltOperation, keysetId: string): Promise<boolean> {
    const listed = await mints.at(operation.mintUrl).keysets.list(0);
    return listed.kind !== 'answer' || listed.value.some(({ id, active }) => id === keysetId && active);
  }

  /** @throws DomainError MINT_UNAVAILABLE, MINT_ERROR */
  async function feePpks(mintUrl: string, proofs: readonly Proof[]): Promise<bigint[]> {
    const listed = await listedFor(proofs, mints.at(mintUrl), settledMs);
    return proofs.map(({ keysetId }) => {
      const info = listed.get(keysetId);
      demandOfMint(info !== undefined, 'does not list a keyset that it has signed with');
      return info.inputFeePpk;
    });
  }

  async function feeOf(mintUrl: string, proofs: readonly Proof[]): Promise<bigint> {
    return inputFee(await feePpks(mintUrl, proofs));
  }

  /** What a swap of a melt's inputs into outputs of this keyset would give, at today's fees. */
  async function swapTerms(operation: MeltOperation, keyset: OutputKeyset): Promise<SwapTerms> {
    const { quote, feeCap, inputs } = operation;
    const fee = await feeOf(operation.mintUrl, inputs);
    const total = sumAmounts(inputs) - fee;
    if (fee > feeCap || total <= 0n) return { kind: 'too_dear', fee };
    const sendAmount = sendAmountUpTo(
      total,
      quote.amount + quote.feeReserve,
      keyset.inputFeePpk,
      denominations(keyset.keys),
    );
    if (sendAmount === null || fee + sendAmount - quote.amount > feeCap)
      return { kind: 'brings_home', swap: { sendAmount: total, keepAmount: 0n, fee } };
    return { kind: 'pays', swap: { sendAmount, keepAmount: total - sendAmount, fee } };
  }

  return { forOutputs, isActive, feePpks, feeOf, swapTerms };
}
