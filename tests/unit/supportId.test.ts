import { expect, test } from '@jest/globals';
import { overWithOperation } from '../../src/models/report.ts';
import { supportIdOf, transactionIdPart } from '../../src/models/supportId.ts';

const id = 'tx_melt_1763700000000_0123456789abcdef';
const shape = /^sup_[0-9a-f]{20}$/;

test('an incident about one transaction has the same supportId whenever and wherever it is met', () => {
  const told = supportIdOf(`CRITICAL_MELT_FAILURE:${id}`, id);
  expect(told).toMatch(shape);
  expect(supportIdOf(`CRITICAL_MELT_FAILURE:${id}`, id)).toBe(told);
  // Documented for people who look by hand: the time, then the first random digits.
  expect(told.startsWith('sup_19aa4b6450001234')).toBe(true);
});

test('other incidents of the same transaction, and other transactions, have others', () => {
  const kinds = [...overWithOperation, 'CRITICAL_MELT_FAILURE', 'open', 'change', 'bad-change', 'attention'];
  kinds.push('excess-change', 'bad-signatures', 'CRITICAL_MINT_FAILURE');
  const others = ['tx_mint_1763700000001_0123456789abcdef', 'tx_melt_1763700000000_1123456789abcdef'];
  const ids = [...new Set(kinds)].map((kind) => supportIdOf(`${kind}:${id}`, id));
  for (const other of others) ids.push(supportIdOf(`open:${other}`, other));
  expect(new Set(ids).size).toBe(ids.length);
});

test('a supportId tells how the transaction’s id begins, even without its report', () => {
  for (const transaction of [id, 'tx_mint_1_fedcb', 'tx_melt_9999999999999_00000aaaaaaaaaaa']) {
    const part = transactionIdPart(supportIdOf(`open:${transaction}`, transaction));
    expect(transaction.replace(/^tx_(melt|mint)_/, '').startsWith(String(part))).toBe(true);
  }
  expect(transactionIdPart('sup_nonsense')).toBeNull();
});

test('an incident about no single transaction has a random one of the same shape', () => {
  for (const [key, transaction] of [
    ['DATABASE_UNAVAILABLE', null],
    ['DATABASE_UNAVAILABLE', id],
    ['open:legacy-7', 'legacy-7'],
  ] as const) {
    const told = supportIdOf(key, transaction);
    expect(told).toMatch(shape);
    expect(supportIdOf(key, transaction)).not.toBe(told);
  }
});
