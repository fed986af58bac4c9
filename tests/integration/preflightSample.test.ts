import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { OperationDocument } from '../../src/models/schemas/operation.ts';
import type { TokenDocument } from '../../src/models/schemas/token.ts';
import { proofName } from '../../src/services/ecash/outputs.ts';
import { expectBalancedBooks, member, proofsOf, spyOnMint, tokensOf, unhurried } from '../support/money.ts';
import { discrepanciesOf, outputsOf } from '../support/preflight.ts';
import { startWorld, type TestWallet, until, type World } from '../support/world.ts';

type Query = { ns: string; command: object; planSummary?: string; docsExamined?: number };

const dayMs = 24 * 3_600_000;
const begin = Date.UTC(2025, 0, 1);

describe('the 100 other proofs of a wallet with a long history', () => {
  const spy = spyOnMint();
  let world: World;
  let wallet: TestWallet;
  let keysetId: string;
  let template: TokenDocument;
  const secrets = new Map<string, string>();

  beforeAll(async () => {
    world = await startWorld({
      env: { ...unhurried, CRUCIBLE_ANSWER_WITHIN_MS: '60000' }, // no transaction S, which turns `keep` into a token
      simulator: { feeReserveMinSat: 4 },
      overrides: { transport: spy.transport },
      workers: false,
    });
    wallet = await world.wallet(512, 64);
    const [proof] = await proofsOf(world, wallet.npub);
    const [token] = await tokensOf(world, wallet.npub);
    if (proof === undefined || token === undefined) throw new Error('the wallet is empty');
    keysetId = proof.keysetId;
    template = token;
  });
  afterAll(() => world.end());

  it('are a fair mix of those that wait, of outputs and of the last that were spent, read by index', async () => {
    const hanging = await hangingMelt();
    const spent = many(60, (age) => token('spent', age, 2));
    const waiting = [token('pending', 0, 500), ...many(40, (age) => token('pending', age + 1, 3))];
    await collection<TokenDocument>('cashu_tokens').insertMany([...spent, ...waiting]);
    await history();
    await spendOutside(spent.flatMap(Ys));
    const claimed = waiting.slice(1, 2).flatMap(Ys).slice(0, 1);
    await spendOutside(claimed);

    const { asked, queries } = await watch(async () => {
      const { invoice } = await world.sim.invoice({ amount: 60 });
      expect((await wallet.melt(invoice)).status).toBe(200);
    });

    const [selected] = asked;
    expect(asked).toHaveLength(101);
    expect(await tokensOf(world, wallet.npub, { 'proofs.Y': selected })).toHaveLength(1);
    const of = (tokens: TokenDocument[]) =>
      tokens.map((one) => Ys(one).filter((Y) => asked.includes(Y)).length);
    const [waitingAsked, spentAsked] = [of(waiting), of(spent)];
    const outputsAsked = 100 - sum(waitingAsked) - sum(spentAsked);
    // All that there are; the two other groups share the rest.
    expect(outputsAsked).toBe(hanging.outputCount);
    expect(Math.abs(sum(waitingAsked) - sum(spentAsked))).toBeLessThanOrEqual(1);
    // Newest first, one after the other, and of the large one only 20.
    expect(waitingAsked.slice(0, 4)).toEqual([20, 3, 3, 3]);
    expect(spentAsked.slice(0, 15)).toEqual(many(15, () => 2));
    expect((await discrepanciesOf(world, wallet.npub)).flat()).toEqual([
      expect.objectContaining({ type: 'DB_PENDING_MINT_SPENT', Y: claimed[0], tokenId: waiting[1]?._id }),
    ]);

    expect(queries.length).toBeGreaterThan(5);
    for (const { ns, command, planSummary, docsExamined } of queries) {
      const query = `${ns} ${JSON.stringify(command)}`;
      expect([query, planSummary]).toEqual([query, expect.stringMatching(/^(IXSCAN|IDHACK|EXPRESS)/)]);
      expect([query, Number(docsExamined) <= 100]).toEqual([query, true]);
    }
    await hanging.goOn();
    await world.sim.forget([...spent.flatMap(Ys), ...claimed]);
    await expectBalancedBooks(world);
  });

  /** A token that nothing but its names is real of; `age`: so many days old. */
  function token(status: 'pending' | 'spent', age: number, proofCount: number): TokenDocument {
    const id = `tok_${status}_${age}`;
    const at = new Date(begin - age * dayMs);
    const proofs = Array.from({ length: proofCount }, (_, index) => {
      const secret = `${id} ${index}`;
      const Y = proofName(secret);
      secrets.set(Y, secret);
      return { Y, keyset_id: keysetId, amount: 1n, C: Y, sealed: 'unread' };
    });
    return {
      ...template,
      _id: id,
      transaction_id: id,
      status,
      proofs,
      total_amount: BigInt(proofCount),
      spent_at: status === 'spent' ? at : null,
      created_at: at,
    };
  }

  /** What must not be read: older tokens, mint quotes that nobody paid, operations that are over or wait for a payment. */
  async function history(): Promise<void> {
    const [minting] = await world.context.database.operations
      .find({ npub: wallet.npub })
      .lean<OperationDocument[]>();
    const [named] = token('spent', 0, 1).proofs ?? [];
    if (minting === undefined || named === undefined) throw new Error('the wallet was never funded');
    const { proofs, ...bare } = token('pending', 0, 0);
    await collection<TokenDocument>('cashu_tokens').insertMany([
      ...many(3_000, (i) => ({ ...token('spent', 100 + i, 0), proofs: [{ ...named, Y: `02${i}` }] })),
      ...many(1_000, (i) => ({ ...bare, _id: `tok_unpaid_${i}`, transaction_id: `tok_unpaid_${i}` })),
    ]);
    const over = { ...minting, created_at: new Date(begin) };
    await collection<OperationDocument>('operations').insertMany([
      ...many(500, (i) => ({ ...over, _id: `tx_over_${i}` })),
      ...many(500, (i) => ({ ...over, _id: `tx_unpaid_${i}`, open: true as const, attempts: [] })),
    ]);
  }

  async function spendOutside(Ys: readonly string[]): Promise<void> {
    const named = Ys.map((Y) => ({ secret: secrets.get(Y) ?? '', amount: 1, id: keysetId }));
    await world.sim.spendOutside(named);
  }

  /** A melt of the 512 that waits at the mint: keep and blanks are its outputs that nothing of ours spends. */
  async function hangingMelt() {
    const path = '/v1/melt/bolt11';
    await world.sim.addFaults({ match: { path }, fault: 'hold' });
    const { invoice } = await world.sim.invoice({ amount: 300 });
    const { body } = await wallet.melt(invoice, {}, { prefer: 'respond-async' });
    const state = async () => (await wallet.status(body['transactionId'])).body['state'];
    await until(async () => (await state()) === 'melting');
    const outputs = await outputsOf(world, body['transactionId']);
    return {
      outputCount: outputs.filter(({ role }) => role !== 'send').length,
      goOn: async () => {
        await world.sim.release();
        await until(async () => (await state()) === 'settled');
      },
    };
  }

  function database() {
    const { db } = world.context.database.connection;
    if (db === undefined) throw new Error('the database is not open');
    return db;
  }

  const collection = <T extends object>(name: string) => database().collection<T>(name);

  /** What the mint is asked about, and how the database was, while something is done. */
  async function watch(work: () => Promise<void>): Promise<{ asked: string[]; queries: Query[] }> {
    const asked = new Set<string>();
    spy.before = async ({ url, body }) => {
      const Ys = url.endsWith('/checkstate') ? member(JSON.parse(body ?? '{}'), 'Ys') : [];
      if (Array.isArray(Ys)) for (const Y of Ys) asked.add(String(Y));
    };
    const reading = {
      $or: [{ 'command.find': { $exists: true } }, { 'command.aggregate': { $exists: true } }],
    };
    const filter = { ns: { $regex: '\\.(cashu_tokens|operations)$' }, ...reading };
    await database().command({ profile: 1, slowms: 0, filter });
    await work();
    await database().command({ profile: 0, filter: 'unset' });
    const queries = await collection<Query>('system.profile')
      .find({ 'command.profile': { $exists: false } }, { readConcern: { level: 'local' } })
      .toArray();
    return { asked: [...asked], queries };
  }
});

const many = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));
const Ys = ({ proofs = [] }: TokenDocument): string[] => proofs.map(({ Y }) => Y);
const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
