import { describe, expect, it } from '@jest/globals';
import { chart } from '../../bench/chart.ts';
import type { ContestantName } from '../../bench/contestants/contestant.ts';
import { figures, withFigures } from '../../bench/render.ts';
import type { Level, Results } from '../../bench/results.ts';
import { rounded, table, targetsTable } from '../../bench/table.ts';
import { isSound, targetsOf } from '../../bench/targets.ts';

const level = (contestant: ContestantName, wallets: number, given: Partial<Level> = {}): Level => ({
  contestant,
  wallets,
  proofs: null,
  instances: 1,
  mintDelayMs: 0,
  paid: 400,
  failed: {},
  elapsedMs: 10_000,
  meltsPerSecond: 40,
  p50Ms: 20,
  p95Ms: 30,
  p99Ms: 40,
  cpuMsPerMelt: { server: 10, mongod: 4, mint: 2, clients: 1 },
  lag: { p50Ms: 0, p99Ms: 5, maxMs: 9 },
  databaseCommandsPerMelt: { find: 20, insert: 9 },
  mintRequestsPerMelt: 5,
  bookP99Ms: 25,
  money: { fundedSat: 1_000, paidSat: 600, feesSat: 0, heldSat: 400, missingSat: 0 },
  ...given,
});

const plain = (wallets: number, given: Partial<Level> = {}): Level =>
  level('plain', wallets, {
    meltsPerSecond: 4,
    p50Ms: 100,
    cpuMsPerMelt: { wallets: 100, mint: 2 },
    databaseCommandsPerMelt: null,
    instances: null,
    bookP99Ms: null,
    ...given,
  });

const results = (levels: Level[], given: Partial<Results> = {}): Results => ({
  at: '2026-01-02T03:04:05.000Z',
  commit: 'abcdef0',
  versions: { crucible: '0.1.0', cashuTs: '4.8.0', coco: null },
  mint: 'simulator',
  seed: '7',
  machine: { cpu: 'a CPU', cores: 2, memoryGiB: 8, system: 'Linux 6', node: '24.0.0' },
  idle: { cpuMs: { server: 3, mongod: 2 }, databaseCommands: { find: 4 } },
  levels,
  broken: [],
  ...given,
});

describe('targets', () => {
  it('hold Crucible against the plain flow of the same run', () => {
    const levels = [level('crucible', 1), plain(1), level('crucible', 50), plain(50)];
    const verdicts = targetsOf(results(levels)).map(({ value, isMet }) => [value, isMet]);
    expect(verdicts).toEqual([
      [10, true],
      [0.1, true],
      [0.14, false],
      [0.2, true],
      [25, true],
      [0, true],
    ]);
  });

  it('are not judged by what was not measured', () => {
    const verdicts = targetsOf(results([plain(50)])).map(({ isMet }) => isMet);
    expect(verdicts).toEqual([null, null, null, null, null, null]);
    expect(targetsTable(targetsOf(results([])))).toContain('not measured');
  });

  it('hold two instances against one of the same run, at the most wallets that both had', () => {
    const two = (wallets: number, meltsPerSecond: number) =>
      level('crucible', wallets, { instances: 2, meltsPerSecond, cpuMsPerMelt: { server: 10.5 } });
    const levels = [level('crucible', 10), level('crucible', 50), two(10, 41), two(50, 72), two(200, 99)];
    const verdicts = targetsOf(results(levels)).slice(-2);
    expect(verdicts.map(({ what, value, isMet }) => [what, value, isMet])).toEqual([
      ['melts/s at 50 wallets, 2 instances, × 1', 1.8, true],
      ['CPU per melt at 50 wallets, 2 instances, × 1', 1.05, true],
    ]);
    expect(targetsOf(results([two(50, 72)]))).toHaveLength(6);
  });

  it('compare contestants where the mint answers at once, and by one instance', () => {
    const late = level('crucible', 50, { mintDelayMs: 500 });
    const twofold = level('crucible', 50, { instances: 2 });
    const [meltsPerSecond] = targetsOf(results([late, twofold, plain(50)]));
    expect(meltsPerSecond?.value).toBeNull();
  });

  it('do not decide whether a run is sound: failed payments, missing money and contestants do', () => {
    expect(isSound(results([level('crucible', 50, { bookP99Ms: 9_999 })]))).toBe(true);
    const money = { fundedSat: 10, paidSat: 5, feesSat: 0, heldSat: 5, missingSat: 1 };
    expect(isSound(results([level('crucible', 1, { failed: { 'no route': 1 } })]))).toBe(false);
    expect(isSound(results([level('crucible', 1, { paid: 0 })]))).toBe(false);
    expect(isSound(results([level('crucible', 1, { money })]))).toBe(false);
    expect(isSound(results([], { broken: [{ contestant: 'coco', why: 'gone' }] }))).toBe(false);
  });
});

describe('the page', () => {
  it('gets figures between its marks, and keeps the rest', () => {
    const marks = ['<!-- figures of npm run bench: begin -->', '<!-- figures of npm run bench: end -->'];
    const page = `before\n${marks[0]}\nold\n${marks[1]}\nafter\n`;
    const once = withFigures(page, 'new');
    expect(once).toBe(`before\n${marks[0]}\nnew\n${marks[1]}\nafter\n`);
    expect(withFigures(once, 'new')).toBe(once);
    expect(() => withFigures('no marks', 'new')).toThrow('the page must hold');
  });

  it('names the machine, the commit and the seed, and who did not get through', () => {
    const broken = [{ contestant: 'coco' as const, why: 'it was not installed' }];
    const text = figures(results([level('crucible', 50), plain(50)], { broken }));
    for (const part of ['2026-01-02', 'abcdef0', 'a CPU', '2 cores', 'seed 7', 'find', 'not installed'])
      expect(text).toContain(part);
  });

  it('shows a bar for each contestant at each ordinary level', () => {
    const levels = [level('crucible', 1), plain(1), level('crucible', 50), plain(50)];
    const svg = chart([...levels, level('crucible', 1, { proofs: 10_000, meltsPerSecond: 77 })]);
    expect(svg.match(/>40</g)).toHaveLength(2);
    expect(svg.match(/>4</g)).toHaveLength(2);
    expect(svg).not.toContain('77');
    expect(svg).toContain('50 wallets');
    expect(svg).not.toContain('NaN');
    expect(chart([])).not.toContain('NaN');
  });
});

describe('a table', () => {
  it('is Markdown with its columns in line', () => {
    expect(
      table([
        ['what', 'n'],
        ...[
          ['a', '12'],
          ['longer', '3'],
        ],
      ]),
    ).toBe(['| what   |   n |', '| ------ | --: |', '| a      |  12 |', '| longer |   3 |'].join('\n'));
  });

  it('rounds what is small, and shows what is not there', () => {
    expect([rounded(1.26), rounded(123.4), rounded(7), rounded(0.1264, 3), rounded(null)]).toEqual([
      '1.3',
      '123',
      '7',
      '0.126',
      '–',
    ]);
  });
});
