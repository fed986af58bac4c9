import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { ClientSession } from 'mongoose';
import { InvariantBroken } from '../../src/models/errors.ts';
import type { MeltOperation } from '../../src/models/operation.ts';
import { StaleOperation } from '../../src/repositories/operations.ts';
import { duplicateKeyIndex, runTransaction } from '../../src/repositories/transaction.ts';
import { dump, dumpAtRest, expectBalancedBooks, proofsOf } from '../support/money.ts';
import { repositoriesOf } from '../support/repositories.ts';
import { startWorld, type TestWallet, until, type World } from '../support/world.ts';

/** What the code above relies on and never tries itself: the transactions refuse what must not be. */
describe('the transactions of a melt', () => {
  let world: World;
  let repositories: ReturnType<typeof repositoriesOf>;
  beforeAll(async () => {
    world = await startWorld({
      simulator: { feeReserveMinSat: 4 },
      env: { CRUCIBLE_ANSWER_WITHIN_MS: '1500' },
      workers: false,
    });
    repositories = repositoriesOf(world);
  });
  afterAll(() => world.end());
  afterEach(() => expectBalancedBooks(world));

  /** A payment that hangs and that nobody goes on with. */
  async function hanging(): Promise<{ wallet: TestWallet; operation: MeltOperation }> {
    const wallet = await world.wallet(214);
    const { invoice } = await world.sim.invoice({ amount: 210, behaviour: 'pending' });
    expect((await wallet.melt(invoice)).status).toBe(202);
    const held = { npub: wallet.npub, lease_owner: { $ne: null } };
    const isAtRest = async () => (await world.context.database.operations.countDocuments(held)) === 0;
    await until(isAtRest, 'the request that is through with it');
    const operation = await repositories.meltOf(wallet.npub);
    expect(operation).toMatchObject({ state: 'pending', sourceTokenIds: [expect.any(String)] });
    return { wallet, operation };
  }

  /** Transaction B for an operation as it was read. */
  function book(
    operation: MeltOperation,
    more: { sources?: string[]; change?: typeof operation.change } = {},
  ) {
    const { sourceTokenIds, id, held } = operation;
    const payment = operation.payment ?? { preimage: null, preimageVerified: false, paidAt: new Date() };
    const metadata = { decidedOn: operation, payment };
    const { sources = sourceTokenIds, change = [] } = more;
    return repositories.melts.executeAtomicMelt(sources, held?.keep ?? [], change, id, metadata);
  }

  /** The error that something ended with, and that it left the books as they were. */
  async function refusal(tried: () => Promise<unknown>): Promise<unknown> {
    const before = await dumpAtRest(world);
    const error = await tried().then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(await dump(world)).toBe(before);
    return error;
  }

  it('refuse what was decided on what is no longer so', async () => {
    const { operations, melts } = repositories;
    const { operation } = await hanging();
    const note = (of: MeltOperation) =>
      operations.transition(of, { unpaidSightings: 1 }, 'noted', new Date());
    await note(operation);
    const outdated = [
      () => note(operation),
      () => book(operation),
      () => melts.bookEarly(operation, {}, 'too late'),
      () => melts.release(operation, []),
      () => melts.cancel(operation, 'too late'),
    ];
    for (const tried of outdated) expect(await refusal(tried)).toBeInstanceOf(StaleOperation);
  });

  it('refuse to release or cancel what is under way', async () => {
    const { melts } = repositories;
    const { operation } = await hanging();
    for (const tried of [() => melts.release(operation, []), () => melts.cancel(operation, 'no')])
      expect(await refusal(tried)).toBeInstanceOf(StaleOperation);
  });

  it('refuse to book other source tokens than were reserved', async () => {
    const { operation } = await hanging();
    for (const sources of [[], ['tok_other'], [...operation.sourceTokenIds, 'tok_other']])
      expect(await refusal(() => book(operation, { sources }))).toBeInstanceOf(InvariantBroken);
  });

  it('change nothing when they are run again', async () => {
    const [paying, failing] = [await world.wallet(500), await world.wallet(500)];
    await paying.melt((await world.sim.invoice({ amount: 210 })).invoice);
    await failing.melt((await world.sim.invoice({ amount: 210, behaviour: 'fail' })).invoice);
    const paid = await repositories.meltOf(paying.npub);
    const released = await repositories.meltOf(failing.npub);
    expect([paid.state, released.state]).toEqual(['settled', 'released']);
    const before = await dumpAtRest(world);
    const change = (await proofsOf(world, paying.npub))
      .filter(({ tokenId }) => tokenId === paid.atomicResult?.meltChangeTokenId)
      .map(({ tokenId: _, ...proof }) => proof);
    expect(change.length).toBeGreaterThan(0);
    expect(await book(paid, { change })).toEqual(paid);
    const given = [...(released.held?.send ?? []), ...(released.held?.keep ?? [])];
    expect(await repositories.melts.release(released, given)).toEqual(released);
    expect(await dump(world)).toBe(before);
  });

  it('never put a proof into a second token', async () => {
    const wallet = await world.wallet(64);
    const [stored] = await proofsOf(world, wallet.npub);
    if (stored === undefined) throw new Error('the wallet is empty');
    const { tokenId, ...proof } = stored;
    const token = await world.context.database.tokens.findById(tokenId).lean();
    if (token === null) throw new Error('the token is gone');
    const owner = {
      npub: wallet.npub,
      walletId: token.wallet_id,
      mintUrl: token.mint_url,
      unit: token.unit,
    };
    const draft = {
      transactionType: 'change' as const,
      transactionId: 'tx_again',
      proofs: [proof],
      at: new Date(),
    };
    const error = await refusal(() =>
      runTransaction(world.context.database, owner.walletId, (tx) =>
        repositories.tokens.credit(tx, owner, draft),
      ),
    );
    expect(duplicateKeyIndex(error)).toBe('one_token_per_proof');
  });

  it('wait out a conflict, though the clock is set forward in the middle', async () => {
    const { npub } = await world.wallet(8);
    const { database } = world.context;
    const { connection, wallets } = database;
    const write = (created_at: Date, session: ClientSession) =>
      wallets.updateOne({ npub }, { $set: { created_at } }, { session }).then(() => undefined);
    const other = await connection.startSession();
    other.startTransaction();
    await write(new Date(1), other);
    const laterMs = Date.now() + 60_000;
    const clock = jest.spyOn(Date, 'now');
    let tries = 0;
    try {
      await runTransaction(database, npub, async ({ session }) => {
        tries += 1;
        await write(new Date(2), session).catch(async (error: unknown) => {
          clock.mockReturnValue(laterMs);
          await other.abortTransaction();
          throw error;
        });
      });
    } finally {
      clock.mockRestore();
      await other.endSession();
    }
    expect(tries).toBe(2);
  });
});
