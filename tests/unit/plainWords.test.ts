import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it, test } from '@jest/globals';
import { receiveStates, sendStates } from '../../src/models/exchange.ts';
import { meltStates, mintingStates } from '../../src/models/operation.ts';
import { upkeepStates } from '../../src/models/upkeep.ts';
import { plainWordsFor, reportCodes } from '../../src/services/support/plainWords.ts';
import { whereMoneyIs } from '../../src/services/support/standing.ts';
import { codes, contracts, isReported } from '../support/refusals/contract.ts';

/** What stands in capitals beside the codes, where reports are drafted. */
const others = ['HIGH_SEVERITY_DISCREPANCIES', 'UNSPENT', 'PENDING', 'CRITICAL', 'MEDIUM', 'HIGH', 'LOW'];
const capitals = /'([A-Z][A-Z_]{2,})'/g;

/** Every code that is filed: by a service that drafts a report, or by the edge for an error that must be reported. */
function filedCodes(): Set<string> {
  const drafting = globSync('src/services/**/*.ts')
    .map((path) => readFileSync(path, 'utf8'))
    .filter((source) => /\bdedupeKey: /.test(source) && source.includes('code'));
  const drafted = drafting.flatMap((source) => [...source.matchAll(capitals)].map(([, code = '']) => code));
  const byEdge = codes.filter((code) => {
    const { status, severities } = contracts[code];
    return severities.some((severity) => isReported(status, severity));
  });
  return new Set([...drafted.filter((code) => !others.includes(code)), ...byEdge]);
}

test('every code that is filed is explained in plain words, and no other', () => {
  expect(filedCodes().size).toBeGreaterThan(25);
  expect([...reportCodes].sort()).toEqual([...filedCodes()].sort());
});

describe('the words', () => {
  it.each(reportCodes)('of %s are whole sentences', (code) => {
    for (const words of Object.values(plainWordsFor(code))) expect(words).toMatch(/^[A-Z].{15,}[.?]$/);
  });

  it('of a code that an earlier version has filed claim nothing', () => {
    expect(plainWordsFor('constructor').money).toContain('does not know this kind of incident');
  });
});

test('of an operation in whatever state it is said where its money is', () => {
  const states = {
    melt: meltStates,
    minting: mintingStates,
    send: sendStates,
    receive: receiveStates,
    upkeep: upkeepStates,
  };
  for (const kind of ['melt', 'minting', 'send', 'receive', 'upkeep'] as const)
    for (const state of states[kind])
      expect(whereMoneyIs({ id: 'tx_1', kind, state, isWrittenOff: false })).toMatch(/^[A-Z].{8,}\.$/);
});

// A token that is out is in no wallet, one that was spent is good for nobody, and what was stopped is not on its way.
test.each([
  ['send', 'sent', /whoever has it can claim it/],
  ['send', 'reclaiming', /on its way back/i],
  ['receive', 'refused', /spent before is with whoever spent it/],
  ['receive', 'needs_attention', /^Not in the wallet/],
  ['minting', 'needs_attention', /^Not in the wallet/],
  ['upkeep', 'needs_attention', /A person must decide/],
] as const)('of a %s that is %s it is said that it is elsewhere than in others: %s', (kind, state, words) => {
  expect(whereMoneyIs({ id: 'tx_1', kind, state, isWrittenOff: false })).toMatch(words);
});
