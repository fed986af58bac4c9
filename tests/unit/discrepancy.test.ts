import { describe, expect, it } from '@jest/globals';
import { classify } from '../../src/services/melt/discrepancy.ts';

const proof = { Y: '02ab', amount: 8n, tokenId: 'tok_1' };
const rows = [
  ['unspent', 'UNSPENT', null, null],
  ['unspent', 'PENDING', 'DB_UNSPENT_MINT_PENDING', 'LOW'],
  ['unspent', 'SPENT', 'DB_UNSPENT_MINT_SPENT', 'HIGH'],
  ['spent', 'UNSPENT', 'DB_SPENT_MINT_UNSPENT', 'MEDIUM'],
  ['spent', 'PENDING', null, null],
  ['spent', 'SPENT', null, null],
  ['pending', 'UNSPENT', null, null],
  ['pending', 'PENDING', null, null],
  ['pending', 'SPENT', 'DB_PENDING_MINT_SPENT', 'MEDIUM'],
  ['failed', 'UNSPENT', null, null],
  ['failed', 'PENDING', null, null],
  ['failed', 'SPENT', null, null],
  [null, 'UNSPENT', 'PROOF_NOT_IN_DB', 'LOW'],
  [null, 'PENDING', 'PROOF_NOT_IN_DB', 'LOW'],
  [null, 'SPENT', 'PROOF_NOT_IN_DB', 'LOW'],
] as const;

describe('where our books and the mint may differ about a proof', () => {
  it.each(rows)('%p here and %s there is %p', (status, mint, type, severity) => {
    const expected = type === null ? null : { type, severity, ...proof };
    expect(classify({ ...proof, status }, mint)).toEqual(expected);
  });
});
