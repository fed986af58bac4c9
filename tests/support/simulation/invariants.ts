import { isFinished, type MeltOperation } from '../../../src/models/operation.ts';
import type { KeySpendingDocument } from '../../../src/models/schemas/access.ts';
import type { OperationDocument } from '../../../src/models/schemas/operation.ts';
import type { TokenDocument } from '../../../src/models/schemas/token.ts';
import { operationFrom } from '../../../src/repositories/operationDocuments.ts';
import { budgetsThatDiffer } from '../budgetSums.ts';
import { openSealer } from './instance.ts';
import type { Doc } from './store/match.ts';
import type { MemoryStore } from './store/memoryStore.ts';
import { nameOfBlinded } from './toyCashu.ts';
import type { ToyMint } from './toyMint.ts';

/** What must never be seen; the message says which rule of docs/architecture.md is broken. */
export class Violation extends Error {}

export function demand(condition: boolean, message: () => string): asserts condition {
  if (!condition) throw new Violation(message());
}

const isToken = (doc: Doc): doc is Doc & TokenDocument => 'total_amount' in doc;
const isOperation = (doc: Doc): doc is Doc & OperationDocument => 'held_amount' in doc;

export const tokensIn = (store: MemoryStore) => [...store.shelves.tokens.docs.values()].filter(isToken);
export const operationsIn = (store: MemoryStore) =>
  [...store.shelves.operations.docs.values()].filter(isOperation);

export function meltFrom(document: OperationDocument): MeltOperation {
  const operation = operationFrom(document, openSealer);
  demand(operation.kind === 'melt', () => 'only melts are simulated');
  return operation;
}

const isBudget = (doc: Doc): doc is Doc & KeySpendingDocument => 'begun_at' in doc;

function checkBudgets(store: MemoryStore, operations: readonly OperationDocument[]): void {
  const budgets = [...store.shelves.keySpending.docs.values()].filter(isBudget);
  const [fault] = budgetsThatDiffer(operations, budgets);
  demand(fault === undefined, () => fault ?? '');
}

const finished = (state: string) => state === 'settled' || state === 'released' || state === 'cancelled';

/** Holds after every change of the store or the mint, whatever is under way. */
export function checkStep(store: MemoryStore, mint: ToyMint): void {
  const tokens = tokensIn(store);
  const operations = operationsIn(store);
  const open = operations.filter(({ state }) => !finished(state));
  checkOperations(operations, mint);
  checkBudgets(store, operations);
  const home = new Map<string, TokenDocument>();
  for (const token of tokens) {
    const reserved = token.reserved_by;
    demand(
      reserved === null || open.some(({ _id }) => _id === reserved),
      () => `token ${token._id} is reserved by ${reserved}, which has ended`,
    );
    for (const { Y, amount } of token.proofs ?? []) {
      demand(!home.has(Y), () => `proof ${Y} is in two tokens`);
      home.set(Y, token);
      const spendable = token.status === 'unspent' && reserved === null;
      demand(
        !spendable || mint.vault.stateOf(Y) === 'UNSPENT',
        () =>
          `${amount} in ${token._id} (${token.transaction_id}) are spendable and ${mint.vault.stateOf(Y)} at the mint`,
      );
    }
  }
  for (const { B_, amount } of mint.vault.outstanding()) {
    const token = home.get(nameOfBlinded(B_));
    if (token?.status === 'unspent') continue;
    demand(
      open.some(({ attempts }) => attempts.some(({ sealed }) => sealed.includes(B_))),
      () =>
        `${amount} that the mint would honour are lost: ${token ? `in the ${token.status} token ${token.transaction_id}` : 'in no token'}, and planned by no open operation`,
    );
  }
}

function checkOperations(operations: readonly OperationDocument[], mint: ToyMint): void {
  const claimed = new Set<string>();
  for (const { _id, state, payment_hash_claim: hash } of operations) {
    demand(state !== 'needs_attention', () => `${_id} needs attention, and the mint is honest`);
    if (hash === undefined) continue;
    demand(!claimed.has(hash), () => `two operations pay ${hash}`);
    claimed.add(hash);
  }
  for (const [hash, times] of mint.melts.payments)
    demand(times <= 1, () => `${hash} was paid ${times} times`);
}

/** Holds once faults have stopped and everything that was under way has come to its end. */
export function checkEnd(store: MemoryStore, mint: ToyMint, funded: bigint): void {
  checkStep(store, mint);
  const melts = operationsIn(store).map(meltFrom);
  for (const { id, state } of melts) demand(isFinished(state), () => `${id} is ${state} for ever`);
  const unspent = tokensIn(store).filter(({ status }) => status === 'unspent');
  demand(
    unspent.every((token) => token.reserved_by === null),
    () => 'a token is reserved although every operation has ended',
  );
  const held = unspent.reduce((sum, { total_amount: amount }) => sum + BigInt(amount), 0n);
  const honoured = mint.vault.outstanding().reduce((sum, { amount }) => sum + BigInt(amount), 0n);
  demand(held === honoured, () => `the wallet holds ${held}, and the mint would honour ${honoured}`);
  const gone = BigInt(mint.melts.collected() + mint.vault.burned());
  demand(
    held + gone === funded,
    () => `of ${funded}, ${held} are held and ${gone} gone: the ledger does not add up`,
  );
  const paid = melts.filter(({ state }) => state === 'settled');
  for (const { id, paymentHash, quote, sourceAmount, feeCap, atomicResult } of paid) {
    demand(mint.melts.payments.get(paymentHash) === 1, () => `${id} is settled, and its invoice is not paid`);
    const back = (atomicResult?.keepAmount ?? 0n) + (atomicResult?.meltChangeAmount ?? 0n);
    const fees = sourceAmount - quote.amount - back;
    demand(fees >= 0n && fees <= feeCap, () => `${id} cost ${fees} in fees, allowed were ${feeCap}`);
  }
  for (const hash of mint.melts.payments.keys())
    demand(
      paid.some(({ paymentHash }) => paymentHash === hash),
      () => `${hash} is paid, and no operation says so`,
    );
}
