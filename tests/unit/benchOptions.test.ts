import { describe, expect, it } from '@jest/globals';
import { readOptions } from '../../bench/options.ts';

describe('the words after npm run bench', () => {
  it('say nothing: every level, all contestants, the simulator', () => {
    expect(readOptions([])).toEqual({
      wallets: [1, 10, 50, 200],
      melts: 400,
      seconds: 15,
      proofs: 10_000,
      only: ['crucible', 'plain', 'coco'],
      seed: null,
      instances: [1],
      mintDelayMs: 0,
      foreign: null,
      out: null,
      render: null,
    });
  });

  it('ask for a look: what is said besides counts', () => {
    const options = readOptions(['--quick', '--melts', '7', '--only', 'plain,crucible']);
    expect(options).toMatchObject({ wallets: [1, 10], melts: 7, proofs: 0, only: ['plain', 'crucible'] });
  });

  it('ask for several servers, and for a mint that is late', () => {
    const options = readOptions(['--instances', '1,2', '--mint-delay-ms', '500']);
    expect(options).toMatchObject({ instances: [1, 2], mintDelayMs: 500 });
  });

  it('name a mint and who writes the invoices that it pays', () => {
    const { foreign } = readOptions(['--mint', 'http://a', '--invoices', 'http://b']);
    expect(foreign).toEqual({ mintUrl: 'http://a', invoicesUrl: 'http://b' });
  });

  it.each([
    [['--mint', 'http://a'], '--mint and --invoices go together'],
    [['--wallets', '1,,2'], '--wallets must be a whole number, 1 or more, not ""'],
    [['--wallets', '0'], '--wallets must be a whole number, 1 or more, not "0"'],
    [['--melts', '1e3'], '--melts must be a whole number'],
    [['--seconds', '-1'], ''],
    [['--only', 'crucible,nobody'], '--only knows crucible, plain, coco, not "nobody"'],
    [['--instances', '0'], '--instances must be a whole number, 1 or more'],
    [['--mint', 'a', '--invoices', 'b', '--mint-delay-ms', '9'], '--mint-delay-ms is for the simulator'],
    [['--fast'], ''],
  ])('are refused with a sentence: %j', (words, sentence) => {
    expect(() => readOptions(words)).toThrow(sentence);
  });
});
