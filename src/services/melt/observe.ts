import { invariant } from '../../models/errors.ts';
import { attemptsFor, type MeltOperation, meltInputs } from '../../models/operation.ts';
import type { PlannedOutput, Proof } from '../../models/proof.ts';
import type { MeltQuoteReply, MintGateway, ProofState, RestoredOutput } from '../mint/gateway.ts';
import { signedView } from '../mint/gateway.ts';
import { takes } from '../operations/swapRequests.ts';
import { outputsOf } from './attempts.ts';
import type { MintView } from './decision.ts';

/** What the mint says now, with the parts that a decision may need in hand. */
export type Observation = {
  view: MintView;
  quote: MeltQuoteReply | null;
  restored: RestoredOutput[];
  spentYs: ReadonlySet<string>;
};

/** A look that was not needed; every state that would act on it demands a real one. */
export const unseen: Observation = {
  view: { quote: 'UNREACHABLE', inputs: 'UNREACHABLE', outputs: 'UNREACHABLE' },
  quote: null,
  restored: [],
  spentYs: new Set(),
};

/** Asks for the quote, the inputs' states (NUT-07) and the outputs' signatures (NUT-09), as far as the state needs them. */
export async function observe(operation: MeltOperation, mint: MintGateway): Promise<Observation> {
  const exchange = operation.state === 'swapping' ? 'swap' : 'fence';
  const outputs = outputsOf(operation, exchange);
  const inputs = operation.state === 'swapping' ? operation.inputs : contestedInputs(operation);
  const [quote, states, restored] = await Promise.all([
    operation.state === 'swapping' ? null : mint.meltQuote(operation.quote.id),
    mint.proofStates(inputs.map(({ Y }) => Y)),
    outputs.length === 0 ? null : mint.restore(outputs),
  ]);
  const byY = states.kind === 'answer' ? states.value : null;
  return {
    view: {
      quote: quoteView(quote),
      inputs: byY === null ? 'UNREACHABLE' : inputsView(inputs, byY),
      outputs: signedView(restored),
    },
    quote: quote?.kind === 'answer' ? quote.value : null,
    restored: restored?.kind === 'answer' ? restored.value : [],
    spentYs: new Set(inputs.filter(({ Y }) => byY?.get(Y) === 'SPENT').map(({ Y }) => Y)),
  };
}

/** The inputs that fence and melt compete for: all of the melt's, or, once some were lost to others, the rest. */
export function contestedInputs(operation: MeltOperation): Proof[] {
  const fence = attemptsFor(operation, 'fence').at(-1);
  const inputs = meltInputs(operation);
  if (operation.missingAmount === null || fence === undefined) return inputs;
  return inputs.filter((input) => takes(fence, input));
}

/** What the fence that has won left out, because others seemed to have spent it; none where it took all. `won`: what it gave. */
export function leftOutBy(operation: MeltOperation, won: readonly { output: PlannedOutput }[]): Proof[] {
  const names = new Set(won.map(({ output }) => output.B_));
  const fence = attemptsFor(operation, 'fence').find(({ outputs }) =>
    outputs.some(({ B_ }) => names.has(B_)),
  );
  invariant(fence !== undefined, 'a fence has won that was never put up');
  return meltInputs(operation).filter((input) => !takes(fence, input));
}

function quoteView(answer: Awaited<ReturnType<MintGateway['meltQuote']>> | null): MintView['quote'] {
  if (answer === null) return 'UNREACHABLE';
  switch (answer.kind) {
    case 'answer':
      return answer.value.state;
    case 'refused':
      return 'MISSING';
    case 'unreachable':
    case 'nonsense':
      return 'UNREACHABLE';
  }
}

/** What the mint says of all of these at once. */
export function inputsView(
  inputs: readonly Proof[],
  states: ReadonlyMap<string, ProofState>,
): Exclude<MintView['inputs'], 'UNREACHABLE'> {
  const count = (state: ProofState) => inputs.filter(({ Y }) => states.get(Y) === state).length;
  if (count('PENDING') > 0) return 'PENDING';
  const spent = count('SPENT');
  if (spent === 0) return 'UNSPENT';
  return spent === inputs.length ? 'SPENT' : 'PARTLY_SPENT';
}
