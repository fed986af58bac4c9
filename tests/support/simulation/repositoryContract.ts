import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { MeltOperation } from '../../../src/models/operation.ts';
import type { Proof } from '../../../src/models/proof.ts';
import { sumAmounts } from '../../../src/models/proof.ts';
import { createAuditRepository } from '../../../src/repositories/audit.ts';
import { createAuditMacs } from '../../../src/repositories/auditMacs.ts';
import { createCorrectionRepository } from '../../../src/repositories/corrections.ts';
import { createCounterRepository } from '../../../src/repositories/counters.ts';
import type { Database } from '../../../src/repositories/database.ts';
import { createKeySpendingRepository } from '../../../src/repositories/keySpending.ts';
import { createLedgerRepository } from '../../../src/repositories/ledger.ts';
import { createMeltRepository } from '../../../src/repositories/melts.ts';
import { createOperationRepository, StaleOperation } from '../../../src/repositories/operations.ts';
import { createTokenRepository } from '../../../src/repositories/tokens.ts';
import { duplicateKeyIndex, runTransaction } from '../../../src/repositories/transaction.ts';
import { melt } from '../operations.ts';
import { oneForAll } from '../sealers.ts';

export type OpenedStore = { database: Database; close(): Promise<void> };

const sealers = oneForAll();
const payment = { preimage: null, preimageVerified: false, paidAt: new Date('2026-01-01T00:00:00.000Z') };
const lease = { owner: 'alpha', leaseMs: 60_000 };

/** What a melt relies on in its repositories, whichever store they stand on. */
export function describeRepositories(store: string, open: () => Promise<OpenedStore>): void {
  describe(`the repositories on ${store}`, () => {
    let opened: OpenedStore;
    let number = 0;
    beforeAll(async () => {
      opened = await open();
    });
    afterAll(async () => {
      await opened.close();
    });

    function parts() {
      const { database } = opened;
      const now = () => new Date();
      const audit = createAuditRepository(database, createAuditMacs('words'));
      const tokens = createTokenRepository(database, sealers);
      const operations = createOperationRepository(database, sealers);
      return {
        database,
        tokens,
        operations,
        melts: createMeltRepository(database, tokens, operations, audit, now),
        ledger: createLedgerRepository(database, now),
        counters: createCounterRepository(database),
        spending: createKeySpendingRepository(database),
        corrections: createCorrectionRepository(database, tokens, audit),
      };
    }

    /** A wallet of its own with one token of these amounts, and a melt that wants the first of them. */
    async function funded(amounts: readonly bigint[], wanted = 1) {
      number += 1;
      const walletId = `wal_${store}_${number}`;
      const owner = { npub: `npub_${walletId}`, walletId, mintUrl: 'http://mint.test', unit: 'sat' };
      const { database, tokens } = parts();
      const proofs = amounts.map((amount, place): Proof => proof(`${walletId}_${place}`, amount));
      const draft = { transactionType: 'received' as const, transactionId: 'gift', proofs, at: new Date() };
      const token = await runTransaction(database, owner.walletId, (tx) => tokens.credit(tx, owner, draft));
      const inputs = proofs.slice(0, wanted);
      const sourceAmount = inputs.reduce((sum, { amount }) => sum + amount, 0n);
      const operation = (id: string, differences: Partial<MeltOperation> = {}): MeltOperation =>
        melt({
          ...owner,
          id: `${walletId}_${id}`,
          inputs,
          sourceAmount,
          sourceTokenIds: [token.id],
          paymentHash: `hash_${id}`,
          ...differences,
        });
      return {
        owner,
        walletId,
        token,
        reservations: [
          { tokenId: token.id, version: 1, Ys: inputs.map(({ Y }) => Y), amount: sumAmounts(inputs) },
        ],
        operation,
      };
    }

    test('a transition misses where the version has moved on, and changes nothing', async () => {
      const { operations, melts } = parts();
      const { operation, reservations } = await funded([8n]);
      const first = operation('a');
      expect(await melts.reserve(first, reservations, lease, null, 100)).toBe('reserved');
      const moved = await operations.transition(first, { state: 'melting' }, 'sent', new Date());
      await expect(operations.transition(first, { state: 'melting' }, 'again', new Date())).rejects.toThrow(
        StaleOperation,
      );
      expect(await operations.byId(first.id)).toMatchObject({ version: moved.version, state: 'melting' });
    });

    test('one invoice has one open operation, until that is cancelled', async () => {
      const { melts, operations } = parts();
      const { operation, reservations, walletId } = await funded([8n, 4n]);
      const [first, second] = [operation('a', { paymentHash: 'h' }), operation('b', { paymentHash: 'h' })];
      await melts.reserve(first, reservations, lease, null, 100);
      expect(await melts.reserve(second, reservations, lease, null, 100)).toBe('duplicate_payment');
      expect(await operations.claiming(walletId, 'h')).toBe(first.id);
      await melts.cancel(first, 'never sent');
      expect(await operations.claiming(walletId, 'h')).toBeNull();
    });

    test('a key starts one operation, and is free again once that is cancelled', async () => {
      const { melts, operations } = parts();
      const { operation, reservations, walletId } = await funded([8n]);
      const record = (id: string, operationId: string) => ({
        id,
        walletId,
        route: 'melt',
        key: 'k',
        bodyHash: 'b',
        operationId,
      });
      const [first, second] = [operation('a', { idempotencyId: `${walletId}_1` }), operation('b')];
      await melts.reserve(first, reservations, lease, record(`${walletId}_1`, first.id), 100);
      const again = await melts.reserve(second, reservations, lease, record(`${walletId}_2`, second.id), 100);
      expect(again).toBe('idempotency_conflict');
      expect(await operations.idempotencyRecord(walletId, 'melt', 'k')).toMatchObject({
        operationId: first.id,
      });
      await melts.cancel(first, 'never sent');
      expect(await operations.idempotencyRecord(walletId, 'melt', 'k')).toBeNull();
    });

    test('a token that has changed is not reserved, and nothing of the operation stands', async () => {
      const { melts, operations } = parts();
      const { operation, reservations } = await funded([8n]);
      const stale = reservations.map((reservation) => ({ ...reservation, version: 7 }));
      expect(await melts.reserve(operation('a'), stale, lease, null, 100)).toBe('tokens_taken');
      expect(await operations.byId(operation('a').id)).toBeNull();
    });

    test('of two that want the same token at once, exactly one gets it', async () => {
      const { melts, tokens } = parts();
      const { operation, reservations, walletId } = await funded([8n]);
      const results = await Promise.all(
        ['a', 'b', 'c'].map((id) => melts.reserve(operation(id), reservations, lease, null, 100)),
      );
      expect(results.sort()).toEqual(['reserved', 'tokens_taken', 'tokens_taken']);
      expect(await tokens.spendable(walletId)).toEqual([]);
    });

    test('a token of which only some proofs are wanted is split, and the rest stays spendable', async () => {
      const { melts, tokens, ledger } = parts();
      const { operation, reservations, walletId, token } = await funded([8n, 4n, 2n]);
      await melts.reserve(operation('a'), reservations, lease, null, 100);
      const [rest, ...more] = await tokens.spendable(walletId);
      expect(rest?.proofs.map(({ amount }) => amount)).toEqual([4n, 2n]);
      expect(more).toEqual([]);
      expect(await tokens.byId(walletId, token.id)).toMatchObject({
        totalAmount: 8n,
        reservedBy: operation('a').id,
        version: 2,
      });
      const held = { unspent: 14n, reserved: 8n, spendable: 6n };
      expect(await ledger.balance(walletId)).toMatchObject(held);
      expect(await ledger.holdings(walletId)).toMatchObject(held);
    });

    test('B books sources and change once, however often it runs', async () => {
      const { melts, ledger, tokens } = parts();
      const { operation, reservations, walletId } = await funded([8n]);
      const melting = await sent(operation('a'), reservations);
      const change = [proof(`${walletId}_change`, 2n)];
      for (let run = 0; run < 2; run += 1)
        expect(await book(melting, change)).toMatchObject({ state: 'settled' });
      expect(await ledger.balance(walletId)).toMatchObject({ unspent: 2n, reserved: 0n, spent: 8n });
      const { spent } = await tokens.besides(walletId, 10);
      expect(spent.map(({ status }) => status)).toEqual(['spent']);
      await expect(melts.release(melting, [])).rejects.toThrow(StaleOperation);
    });

    test('a B that meets a proof which is booked already leaves nothing behind', async () => {
      const { ledger, operations } = parts();
      const { operation, reservations, walletId, token } = await funded([8n, 4n]);
      const melting = await sent(operation('a'), reservations);
      await expect(book(melting, [proof(`${walletId}_1`, 4n)])).rejects.toThrow(/one_token_per_proof/);
      expect(await operations.byId(melting.id)).toMatchObject({ state: 'melting', version: melting.version });
      expect(await ledger.balance(walletId)).toMatchObject({ unspent: 12n, reserved: 8n, spent: 0n });
      expect(token.id).toBe(melting.sourceTokenIds[0]);
    });

    test('S books what is certain, and B finds it done', async () => {
      const { melts, ledger, operations } = parts();
      const { operation, reservations, walletId } = await funded([8n]);
      const held = { send: [proof(`${walletId}_send`, 5n)], keep: [proof(`${walletId}_keep`, 3n)] };
      const swap = { sendAmount: 5n, keepAmount: 3n, fee: 0n };
      const melting = await sent(operation('a', { held, swap }), reservations);
      const early = await melts.bookEarly(melting, {}, 'booked early');
      expect(await ledger.balance(walletId)).toMatchObject({
        unspent: 8n,
        reserved: 5n,
        spendable: 3n,
        spent: 8n,
      });
      expect(await operations.byId(early.id)).toMatchObject({
        bookedEarly: true,
        atomicResult: { keepAmount: 3n },
      });
      await book(early, [proof(`${walletId}_change`, 1n)]);
      expect(await ledger.balance(walletId)).toMatchObject({ unspent: 4n, reserved: 0n, spent: 8n });
    });

    test('R gives back what stands for the sources, and frees the invoice', async () => {
      const { melts, ledger, operations } = parts();
      const { operation, reservations, walletId } = await funded([8n]);
      const melting = await sent(operation('a'), reservations);
      const releasing = await operations.transition(melting, { state: 'releasing' }, 'given up', new Date());
      expect(await melts.release(releasing, [proof(`${walletId}_back`, 7n)])).toMatchObject({
        state: 'released',
        releasedAmount: 7n,
      });
      expect(await ledger.balance(walletId)).toMatchObject({ unspent: 7n, reserved: 0n, spent: 8n });
      expect(await operations.claiming(walletId, melting.paymentHash)).toBeNull();
    });

    test('a lease keeps a due operation from others until it is given back or runs out', async () => {
      const { melts, operations } = parts();
      const { operation, reservations } = await funded([8n]);
      const dueAt = new Date(number);
      await melts.reserve(
        operation('a', { dueAt }),
        reservations,
        { owner: 'alpha', leaseMs: 60_000 },
        null,
        100,
      );
      const key = operation('a');
      const { id } = key;
      const claim = (owner: string, leaseMs = 60_000) => operations.claim(key, owner, leaseMs, dueAt);
      const here = 'http://mint.test';
      const isListed = async (at = here, ...except: string[]) =>
        (await operations.due(dueAt, { limit: 100, at: [at], except })).some((one) => one.id === id);
      expect([await isListed(), await claim('beta')]).toEqual([false, null]);
      expect(await operations.renewLease(key, 'beta', 60_000)).toBe(false);
      expect(await operations.renewLease(key, 'alpha', 60_000)).toBe(true);
      await operations.releaseLease(key, 'beta');
      expect(await claim('beta')).toBeNull();
      await operations.releaseLease(key, 'alpha');
      expect(await Promise.all([isListed(), isListed('http://other.test'), isListed(here, id)])).toEqual([
        true,
        false,
        false,
      ]);
      expect(await claim('beta', -1_000)).toMatchObject({ id });
      expect(await claim('gamma')).toMatchObject({ id });
      await operations.postponeOpen(key, new Date(Date.now() + 3_600_000));
      await operations.releaseLease(key, 'gamma');
      expect([await isListed(), await claim('beta')]).toEqual([false, null]);
    });

    test('a tombstone finds out whether an insertion has happened', async () => {
      const { operations, melts } = parts();
      const { operation, reservations } = await funded([8n]);
      await melts.reserve(operation('a'), reservations, lease, null, 100);
      const met = await operations.insertTombstone(operation('a')).catch(duplicateKeyIndex);
      expect(met).toBe('_id_');
      await operations.insertTombstone(operation('b'));
      expect(await melts.reserve(operation('b'), reservations, lease, null, 100)).toBe('unknown');
    });

    test('payments of one budget at once take no more than there is, and give back what they did not need', async () => {
      const { melts, spending, operations } = parts();
      const keyId = `key_${store}`;
      const day = '2026-01-01';
      const budget = { keyId, day, limit: 25n, reserved: 10n };
      expect(await spending.spent(keyId, day)).toBeNull();
      await spending.begin(keyId, day, new Date());
      await spending.begin(keyId, day, new Date());
      const wallets = await Promise.all(['a', 'b', 'c'].map(() => funded([8n])));
      const results = await Promise.all(
        wallets.map(({ operation, reservations }) =>
          melts.reserve(operation('a', { budget }), reservations, lease, null, 100),
        ),
      );
      expect([...results].sort()).toEqual(['over_budget', 'reserved', 'reserved']);
      expect(await spending.spent(keyId, day)).toBe(20n);
      const refused = wallets[results.indexOf('over_budget')];
      const [one, other] = wallets.filter((wallet) => wallet !== refused);
      if (refused === undefined || one === undefined || other === undefined)
        throw new Error('one of three is refused');
      expect(await operations.byId(refused.operation('a').id)).toBeNull();
      await operations.insertTombstone(refused.operation('b', { budget }));
      expect(await spending.spent(keyId, day)).toBe(20n);
      await melts.cancel(one.operation('a', { budget }), 'never sent');
      await melts.cancel(one.operation('a', { budget }), 'never sent');
      expect(await spending.spent(keyId, day)).toBe(10n);
      const again = refused.operation('c', { budget });
      expect(await melts.reserve(again, refused.reservations, lease, null, 100)).toBe('reserved');
      const first = await operations.byId(other.operation('a').id);
      if (first?.kind !== 'melt') throw new Error('the payment is gone');
      const melting = await operations.transition(first, { state: 'melting' }, 'sent', new Date());
      await book(melting, [proof(`${other.walletId}_change`, 2n)]);
      expect([...(await spending.spentOn(day))]).toContainEqual([keyId, 16n]);
    });

    test('no counter is taken twice, however many take at once', async () => {
      const { counters } = parts();
      const seed = `seed_${store}`;
      const counts = Array.from({ length: 40 }, (_, number) => 1 + (number % 4));
      const taken = await Promise.all(
        counts.map(async (count) => ({ from: await counters.take(seed, '00aa', count), count })),
      );
      const indices = taken.flatMap(({ from, count }) =>
        Array.from({ length: count }, (_, place) => from + place),
      );
      expect(indices.sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, index) => index));
      expect(await counters.take(seed, '00bb', 1)).toBe(0);
    });

    test('what the mint calls spent is written off, and the rest of its token lives on', async () => {
      const { corrections, ledger, tokens } = parts();
      const { walletId, owner, token, reservations } = await funded([8n, 4n]);
      const at = new Date();
      const event = { walletId, npub: owner.npub, transactionId: null, event: 'test', details: {}, at };
      const writeOffs = reservations.map((reservation) => ({ ...reservation, status: 'unspent' as const }));
      expect(await corrections.apply(writeOffs, event)).toBe(true);
      expect(await corrections.apply(writeOffs, event)).toBe(false);
      expect(await ledger.balance(walletId)).toMatchObject({ unspent: 4n, spendable: 4n, spent: 8n });
      const holding = await tokens.holding({ id: walletId, mintUrl: owner.mintUrl }, [`02${walletId}_0`]);
      expect(holding.map(({ id, status }) => ({ id, status }))).toEqual([{ id: token.id, status: 'spent' }]);
    });

    /** Reserved, and its melt request on its way. */
    async function sent(
      operation: MeltOperation,
      reservations: Parameters<ReturnType<typeof parts>['melts']['reserve']>[1],
    ) {
      const { melts, operations } = parts();
      expect(await melts.reserve(operation, reservations, lease, null, 100)).toBe('reserved');
      return operations.transition(operation, { state: 'melting' }, 'sent', new Date());
    }

    function book(operation: MeltOperation, change: Proof[]) {
      const { id, sourceTokenIds, bookedEarly, held } = operation;
      const metadata = { decidedOn: operation, payment };
      return parts().melts.executeAtomicMelt(
        sourceTokenIds,
        bookedEarly ? [] : (held?.keep ?? []),
        change,
        id,
        metadata,
      );
    }
  });
}

function proof(name: string, amount: bigint): Proof {
  return { Y: `02${name}`, keysetId: '00aa', amount, secret: `secret ${name}`, C: `03${name}` };
}
