import type { Random } from './random.ts';
import { deriveKeysetId, isGood, keysOf, nameOf, nameOfBlinded, sign } from './toyCashu.ts';
import { createToyMelts } from './toyMelts.ts';

export type Reply = { httpStatus: number; body: unknown };
export type Output = { amount: number; id: string; B_: string };
export type Input = { amount: number; id: string; secret: string; C: string };
export type Signed = { amount: number; id: string; B_: string; C_: string; dleq?: { e: string; s: string } };
export type ProofState = 'PENDING' | 'SPENT';

/** A refusal with its NUT error code. */
export class Refusal {
  readonly code: number;
  readonly detail: string;
  constructor(code: number, detail: string) {
    this.code = code;
    this.detail = detail;
  }
}

/** What a request may hold; the wallet is trusted to ask for what exists. */
type Given = { Ys: string[]; request: string; quote: string; inputs: Input[]; outputs: Output[] };

type Keyset = { id: string; active: boolean; feePpk: number; keys: Record<string, string> };

const amounts = [1n, 2n, 4n, 8n, 16n, 32n, 64n, 128n, 256n, 512n, 1024n];

/** What a mint keeps, and what it does with proofs and outputs whoever asks. */
export type Vault = ReturnType<typeof createVault>;

function createVault(withDleq: boolean) {
  const keysets: Keyset[] = [];
  const states = new Map<string, ProofState>();
  const signed = new Map<string, Signed>();
  let version = 0;
  let burned = 0;

  function rotate(feePpk: number): void {
    for (const keyset of keysets) keyset.active = false;
    const keys = keysOf(`keyset ${keysets.length}`, amounts);
    keysets.push({ id: deriveKeysetId(keys), active: true, feePpk, keys });
    version += 1;
  }

  const keyset = (id: string): Keyset => {
    const found = keysets.find((candidate) => candidate.id === id);
    if (found === undefined) throw new Refusal(12_001, 'keyset unknown');
    return found;
  };

  /** @throws Refusal unless every input is good and nobody has it */
  function demandFree(inputs: readonly Input[]): void {
    const names = inputs.map(({ secret }) => nameOf(secret));
    if (names.length === 0 || new Set(names).size !== names.length)
      throw new Refusal(11_007, 'duplicate inputs');
    for (const { amount, id, secret, C } of inputs) {
      const key = keyset(id).keys[String(amount)];
      if (key === undefined || !isGood(key, secret, C)) throw new Refusal(10_001, 'a proof does not verify');
    }
    if (names.some((Y) => states.get(Y) === 'SPENT')) throw new Refusal(11_001, 'proofs already spent');
    if (names.some((Y) => states.get(Y) === 'PENDING')) throw new Refusal(11_002, 'proofs are pending');
  }

  /** @throws Refusal unless the mint may sign them */
  function demandSignable(outputs: readonly Output[]): void {
    if (outputs.some(({ B_ }) => signed.has(B_))) throw new Refusal(11_003, 'outputs already signed');
    if (outputs.some(({ id }) => !keyset(id).active)) throw new Refusal(12_002, 'keyset is inactive');
  }

  function put(inputs: readonly Input[], state: ProofState | null): void {
    for (const { secret } of inputs) {
      if (state === null) states.delete(nameOf(secret));
      else states.set(nameOf(secret), state);
    }
    version += 1;
  }

  function promise({ id, B_ }: Output, amount: number): Signed {
    const { C_, dleq } = sign(keyset(id).keys[String(amount)] ?? '', B_);
    const made = { amount, id, B_, C_, ...(withDleq ? { dleq } : {}) };
    signed.set(B_, made);
    version += 1;
    return made;
  }

  const feeOf = (inputs: readonly Input[]): number =>
    Math.ceil(inputs.reduce((sum, { id }) => sum + keyset(id).feePpk, 0) / 1000);

  function swap(inputs: readonly Input[], outputs: readonly Output[]): Signed[] {
    demandFree(inputs);
    demandSignable(outputs);
    if (total(inputs) - feeOf(inputs) !== total(outputs)) throw new Refusal(11_005, 'the sums differ');
    put(inputs, 'SPENT');
    burned += feeOf(inputs);
    return outputs.map((output) => promise(output, output.amount));
  }

  return {
    keysets,
    rotate,
    demandFree,
    demandSignable,
    put,
    promise,
    feeOf,
    swap,
    signed,
    stateOf: (Y: string): ProofState | 'UNSPENT' => states.get(Y) ?? 'UNSPENT',
    version: () => version,
    /** Input fees of swaps. */
    burned: () => burned,
    /** Everything signed and not spent, by the name of its proof. */
    outstanding: (): Signed[] =>
      [...signed.values()].filter(({ B_ }) => states.get(nameOfBlinded(B_)) !== 'SPENT'),
  };
}

export const total = (items: readonly { amount: number }[]): number =>
  items.reduce((sum, { amount }) => sum + amount, 0);

/** A mint with a toy Lightning network, asked by method, path and body. */
export type ToyMint = ReturnType<typeof createToyMint>;

export function createToyMint(parts: {
  random: Random;
  withDleq: boolean;
  after: (delayMs: number, run: () => void) => void;
  invoices: ReadonlyMap<string, { paymentHash: string; preimage: string; amount: number }>;
}) {
  const vault = createVault(parts.withDleq);
  const melts = createToyMelts({ vault, ...parts });

  /** Answers at once or, for a melt whose payment takes time, when it is through. */
  function ask(method: string, path: string, body: string | undefined, answer: (reply: Reply) => void): void {
    try {
      const reply = route(method, path, body, answer);
      if (reply !== null) answer({ httpStatus: 200, body: reply });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      answer({ httpStatus: 400, body: { code: error.code, detail: error.detail } });
    }
  }

  function route(
    method: string,
    path: string,
    body: string | undefined,
    answer: (reply: Reply) => void,
  ): unknown {
    const given: Given = JSON.parse(body ?? '{}');
    switch (`${method} ${path.replace(/^(keys|melt\/quote)\/.*/, '$1')}`) {
      case 'GET info':
        return info;
      case 'GET keysets':
        return {
          keysets: vault.keysets.map(({ id, active, feePpk }) => ({
            id,
            unit: 'sat',
            active,
            input_fee_ppk: feePpk,
          })),
        };
      case 'GET keys':
        return { keysets: vault.keysets.filter(({ id }) => path === `keys/${id}`) };
      case 'POST checkstate':
        return { states: given.Ys.map((Y) => ({ Y, state: vault.stateOf(Y) })) };
      case 'POST restore': {
        const known = given.outputs.filter(({ B_ }) => vault.signed.has(B_));
        return { outputs: known, signatures: known.map(({ B_ }) => vault.signed.get(B_)) };
      }
      case 'POST swap':
        return { signatures: vault.swap(given.inputs, given.outputs) };
      case 'POST melt/quote':
        return melts.quote(given.request);
      case 'GET melt/quote':
        return melts.show(path.split('/').at(-1) ?? '');
      case 'POST melt/bolt11':
        return melts.melt(given.quote, given.inputs, given.outputs ?? [], answer);
      default:
        throw new Error(`the toy mint has no ${method} ${path}`);
    }
  }

  return { ask, vault, melts };
}

const info = {
  pubkey: `02${'ab'.repeat(32)}`,
  version: 'Toy/1',
  nuts: {
    5: { methods: [{ method: 'bolt11', unit: 'sat' }] },
    7: { supported: true },
    8: { supported: true },
    9: { supported: true },
  },
};
