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
  /** null = the simulator, as a process of its own. */
  foreign: { mintUrl: string; invoicesUrl: string } | null;
  /** A file for the result; null = bench/results/<date>-<commit>.json. */
  out: string | null;
  /** Nothing is measured; docs/performance.md is written anew from this result. */
  render: string | null;
};

export const usage = `usage: npm run bench -- [--quick] [--wallets 1,10,50,200] [--melts 400] [--seconds 15] [--proofs 10000]
                        [--only ${contestantNames.join(',')}] [--seed TEXT] [--out FILE]
                        [--mint URL --invoices URL]
       npm run bench -- --render FILE
--mint: a mint that pays its own mint quotes, for play; --invoices: another one, whose invoices it pays.
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
  return {
    wallets: (values.wallets ?? usual.wallets).split(',').map((word) => wholeNumber('wallets', word, 1)),
    melts: wholeNumber('melts', values.melts ?? usual.melts, 1),
    seconds: wholeNumber('seconds', values.seconds ?? usual.seconds, 1),
    proofs: wholeNumber('proofs', values.proofs ?? usual.proofs, 0),
    only: values.only === undefined ? [...contestantNames] : values.only.split(',').map(contestant),
    seed: values.seed ?? null,
    foreign: mint === undefined || invoices === undefined ? null : { mintUrl: mint, invoicesUrl: invoices },
    out: values.out ?? null,
    render: values.render ?? null,
  };
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
