import { limits } from '../limits.ts';
import type { Blank, SignatureRecord } from '../state/records.ts';
import type { ReadonlyState } from '../state/state.ts';
import { codes, refuse } from './errors.ts';
import { readPoint } from './inputs.ts';
import type { Keysets } from './keysets.ts';
import { amount, type Fields, fields, list, malformed, text } from './read.ts';
import { signOutput } from './signing.ts';

export type Output = Blank & { amount: bigint };

/** Reads and checks the outputs to sign (NUT-03, NUT-04): active keyset, known denomination, never signed. */
export function checkOutputs(body: Fields, state: ReadonlyState, keysets: Keysets): Output[] {
  const outputs = readOutputs(body).map((output) => ({
    B_: text(output, 'B_'),
    keysetId: text(output, 'id'),
    amount: amount(output, 'amount'),
  }));
  if (outputs.length === 0) malformed('outputs must not be empty');
  checkFresh(outputs, state, keysets);
  for (const output of outputs) {
    if (!keysets.keyFor(keysets.known(output.keysetId), output.amount)) {
      malformed(`keyset ${output.keysetId} has no key for ${output.amount}`);
    }
  }
  return outputs;
}

/** Reads and checks the blank outputs of NUT-08, whose amounts mean nothing. null = none were sent. */
export function checkBlanks(body: Fields, state: ReadonlyState, keysets: Keysets): Blank[] | null {
  if (body['outputs'] === undefined || body['outputs'] === null) return null;
  const blanks = readOutputs(body).map((output) => ({
    B_: text(output, 'B_'),
    keysetId: text(output, 'id'),
  }));
  checkFresh(blanks, state, keysets);
  return blanks;
}

/** Signs what was checked before, in the same order. */
export function signOutputs(outputs: readonly Output[], keysets: Keysets): SignatureRecord[] {
  return outputs.map((output) => {
    const key = keysets.keyFor(keysets.known(output.keysetId), output.amount);
    if (!key) throw new Error(`simulator invariant broken: no key for ${output.amount}`);
    return signOutput(readPoint(output.B_, 'B_'), key, output.amount, output.keysetId);
  });
}

export function readOutputs(body: Fields): Fields[] {
  const given = list(body, 'outputs');
  if (given.length > limits.outputs) refuse(codes.tooManyOutputs, `more than ${limits.outputs} outputs`);
  return given.map((output) => fields(output, 'an output'));
}

function checkFresh(blanks: readonly Blank[], state: ReadonlyState, keysets: Keysets): void {
  if (new Set(blanks.map((blank) => blank.B_)).size < blanks.length) {
    refuse(codes.duplicateOutputs, 'an output comes twice');
  }
  for (const { B_, keysetId } of blanks) {
    keysets.signing(keysetId);
    if (state.signatures.has(B_)) refuse(codes.outputSigned, 'outputs have already been signed');
    if (state.lockedOutputs.has(B_)) refuse(codes.outputPending, 'outputs are pending');
    readPoint(B_, 'B_');
  }
}
