import { limits } from '../limits.ts';
import type { InputRecord } from '../state/records.ts';
import type { ReadonlyState } from '../state/state.ts';
import { inputFee, sum } from './amounts.ts';
import { mayBeSpent } from './conditions.ts';
import type { MintContext } from './context.ts';
import { compressedHex, type Point, pointFromHex } from './curve.ts';
import { codes, refuse } from './errors.ts';
import type { Keysets } from './keysets.ts';
import { amount, type Fields, fields, list, malformed, text } from './read.ts';
import { isSignatureOn, pointOfSecret } from './signing.ts';

export type CheckedInputs = { records: InputRecord[]; amount: bigint; fee: bigint };

type Input = { record: InputRecord; secret: string; C: Point; point: Point };

/** Reads and checks the proofs of a swap or melt (NUT-03, NUT-05): cheap questions first, curve math last. */
export function checkInputs({ settings, store, keysets }: MintContext, body: Fields): CheckedInputs {
  const given = list(body, 'inputs');
  if (given.length === 0) malformed('inputs must not be empty');
  if (given.length > limits.inputs) refuse(codes.tooManyInputs, `more than ${limits.inputs} inputs`);
  const inputs = given.map(readInput);
  if (new Set(inputs.map((input) => input.record.Y)).size < inputs.length) {
    refuse(codes.duplicateInputs, 'an input comes twice');
  }
  const fee = inputFee(inputs.map((input) => keysets.known(input.record.keysetId).inputFeePpk));
  for (const input of inputs) checkFree(input.record, store.state);
  for (const input of inputs) checkSignature(input, keysets, settings.clock());
  const records = inputs.map((input) => input.record);
  return { records, amount: sum(records.map((record) => record.amount)), fee };
}

function readInput(value: unknown): Input {
  const proof = fields(value, 'an input');
  const secret = text(proof, 'secret');
  const point = pointOfSecret(secret);
  const record = {
    Y: compressedHex(point),
    amount: amount(proof, 'amount'),
    keysetId: text(proof, 'id'),
    witness: witnessOf(proof),
  };
  return { record, secret, point, C: readPoint(text(proof, 'C'), 'C') };
}

function witnessOf(proof: Fields): string | null {
  const witness = proof['witness'];
  if (witness === undefined || witness === null) return null;
  return typeof witness === 'string' ? witness : JSON.stringify(witness);
}

function checkFree(record: InputRecord, state: ReadonlyState): void {
  const seen = state.proofs.get(record.Y);
  if (seen?.state === 'SPENT') refuse(codes.proofSpent, 'proofs already spent');
  if (seen?.state === 'PENDING') refuse(codes.proofPending, 'proofs are pending');
}

function checkSignature({ record, secret, point, C }: Input, keysets: Keysets, nowMs: number): void {
  const key = keysets.keyFor(keysets.known(record.keysetId), record.amount);
  if (!key || !isSignatureOn(point, C, key)) refuse(codes.proofInvalid, 'proof verification failed');
  if (!mayBeSpent(secret, record, compressedHex(C), nowMs))
    refuse(codes.proofInvalid, 'spending condition is not met');
}

/** A compressed curve point in lower-case hex. */
export function readPoint(hex: string, name: string): Point {
  return (
    pointFromHex(hex) ?? malformed(`${name} must be a point of the curve, compressed, in lower-case hex`)
  );
}
