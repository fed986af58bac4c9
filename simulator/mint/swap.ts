import { sum } from './amounts.ts';
import type { MintContext } from './context.ts';
import { codes, refuse } from './errors.ts';
import { checkInputs } from './inputs.ts';
import { checkOutputs, signOutputs } from './outputs.ts';
import { type Json, presentSignature } from './present.ts';
import type { Fields } from './read.ts';

/** POST /v1/swap (NUT-03): inputs − fees = outputs, all or nothing. */
export function swap(mint: MintContext, body: Fields): Json {
  const { settings, store, keysets } = mint;
  const inputs = checkInputs(mint, body);
  const outputs = checkOutputs(body, store.state, keysets);
  if (inputs.amount - inputs.fee !== sum(outputs.map((output) => output.amount))) {
    refuse(codes.unbalanced, `inputs ${inputs.amount} - fees ${inputs.fee} are not the outputs' sum`);
  }
  const signatures = signOutputs(outputs, keysets);
  store.commit({
    kind: 'tokens_swapped',
    inputs: inputs.records,
    signatures,
    inputFee: inputs.fee,
    atMs: settings.clock(),
  });
  return { signatures: signatures.map(presentSignature) };
}
