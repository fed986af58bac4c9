import { limits } from '../limits.ts';
import type { MintContext } from './context.ts';
import { codes, refuse } from './errors.ts';
import { readOutputs } from './outputs.ts';
import { type Json, presentKeys, presentKeyset, presentProofState, presentSignature } from './present.ts';
import { type Fields, text, texts } from './read.ts';

/** GET /v1/keys (NUT-01): the keysets that sign. */
export function activeKeys(mint: MintContext): Json {
  return keysOf(mint, mint.keysets.active().id);
}

/** GET /v1/keys/{id} (NUT-02): one keyset, active or not. */
export function keysOf({ keysets }: MintContext, id: string): Json {
  const keyset = keysets.known(id);
  return { keysets: [presentKeys(keyset, keysets.keys(keyset))] };
}

/** GET /v1/keysets (NUT-02). */
export function allKeysets({ keysets }: MintContext): Json {
  return { keysets: keysets.all().map(presentKeyset) };
}

/** POST /v1/checkstate (NUT-07): states in the order of the question. */
export function checkState({ store }: MintContext, body: Fields): Json {
  const Ys = texts(body, 'Ys');
  if (Ys.length > limits.statesPerCheck) refuse(codes.tooManyInputs, `more than ${limits.statesPerCheck} Ys`);
  return { states: Ys.map((Y) => presentProofState(Y, store.state.proofs.get(Y))) };
}

/** POST /v1/restore (NUT-09): what was signed of these outputs, and which they were. */
export function restore({ store }: MintContext, body: Fields): Json {
  const found = readOutputs(body).flatMap((output) => {
    const signature = store.state.signatures.get(text(output, 'B_'));
    return signature ? [{ output, signature }] : [];
  });
  return {
    outputs: found.map(({ output }) => output),
    signatures: found.map(({ signature }) => presentSignature(signature)),
  };
}
