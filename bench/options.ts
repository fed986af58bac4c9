import { parseArgs } from 'node:util';
import { type ContestantName, contestantNames } from './contestants/contestant.ts';

export type Options = {
  /** How many wallets pay at once, a level each. */
  wallets: number[];
  /** How many payments a level has, all wallets together. */
  melts: number;
  /** After this a level begins no further payment. */
  seconds: number;
  /** How many proofs the wallet of many proofs has; 0 = there is no such level. */
  proofs: number;
  only: ContestantName[];
  /** null = a new one. */
  seed: string | null;
  /** So many servers of Crucible on one database, one number after the other; libraries have none. */
  instances: number[];
  /** How much later the simulator answers each request while wallets pay. */
  mintDelayMs: number;
  /** null = the simulator, as a process of its own. */
  foreign: { mintUrl: string; invoicesUrl: string } | null;
  /** A file for the result; null = bench/results/<date>-<commit>.json. */
  out: string | null;
  /** Nothing is measured; docs/performance.md is written anew from this result. */
  render: string | null;
};

export const usage = `usage: npm run bench -- [--quick] [--wallets 1,10,50,200] [--melts 400] [--seconds 15] [--proofs 10000]
                        [--only ${contestantNames.join(',')}] [--seed TEXT] [--out FILE]
                        [--instances 1,2] [--mint-delay-ms 0 | --mint URL --invoices URL]
       npm run bench -- --render FILE
--mint: a mint that pays its own mint quotes, for play; --invoices: another one, whose invoices it pays.
--instances: so many servers of Crucible on one database; --mint-delay-ms: the simulator answers each request so much later.
--render: writes docs/performance.md anew from a result.`;

const flags = {
  quick: { type: 'boolean', default: false },
  wallets: { type: 'string' },
  melts: { type: 'string' },
  seconds: { type: 'string' },
  proofs: { type: 'string' },
  only: { type: 'string' },
  seed: { type: 'string' },
  out: { type: 'string' },
  instances: { type: 'string', default: '1' },
  'mint-delay-ms': { type: 'string', default: '0' },
  mint: { type: 'string' },
  invoices: { type: 'string' },
  render: { type: 'string' },
} as const;

const whole = { wallets: '1,10,50,200', melts: '400', seconds: '15', proofs: '10000' };
const quick = { wallets: '1,10', melts: '40', seconds: '5', proofs: '0' };

/** @throws Error with a sentence for whoever typed it */
export function readOptions(words: readonly string[]): Options {
  const { values } = parseArgs({ args: [...words], options: flags });
  const usual = values.quick ? quick : whole;
  const { mint, invoices } = values;
  if ((mint === undefined) !== (invoices === undefined))
    throw new Error('--mint and --invoices go together: a mint does not write what it pays');
  const mintDelayMs = wholeNumber('mint-delay-ms', values['mint-delay-ms'], 0);
  if (mint !== undefined && mintDelayMs > 0)
    throw new Error('--mint-delay-ms is for the simulator: nobody else can be asked to be late');
  return {
    wallets: list('wallets', values.wallets ?? usual.wallets),
    melts: wholeNumber('melts', values.melts ?? usual.melts, 1),
    seconds: wholeNumber('seconds', values.seconds ?? usual.seconds, 1),
    proofs: wholeNumber('proofs', values.proofs ?? usual.proofs, 0),
    only: values.only === undefined ? [...contestantNames] : values.only.split(',').map(contestant),
    seed: values.seed ?? null,
    instances: list('instances', values.instances),
    mintDelayMs,
    foreign: mint === undefined || invoices === undefined ? null : { mintUrl: mint, invoicesUrl: invoices },
    out: values.out ?? null,
    render: values.render ?? null,
  };
}

function list(name: string, words: string): number[] {
  return words.split(',').map((word) => wholeNumber(name, word, 1));
}

function wholeNumber(name: string, word: string, least: number): number {
  const number = Number(word);
  if (!/^\d{1,9}$/.test(word) || number < least)
    throw new Error(`--${name} must be a whole number, ${least} or more, not "${word}"`);
  return number;
}

function contestant(word: string): ContestantName {
  const name = contestantNames.find((each) => each === word);
  if (name === undefined) throw new Error(`--only knows ${contestantNames.join(', ')}, not "${word}"`);
  return name;
}
