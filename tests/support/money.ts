import { expect } from '@jest/globals';
import { type Proof, sumAmounts } from '../../src/models/proof.ts';
import type { TokenDocument } from '../../src/models/schemas/token.ts';
import { tokenFrom } from '../../src/repositories/tokenDocuments.ts';
import type { Transport } from '../../src/services/mint/transport.ts';
import { httpTransport } from './carrier.ts';
import { member } from './member.ts';
import { sealerBehind } from './sealers.ts';
import { balanceOf, type Json, type Reply, type TestWallet, until, type World } from './world.ts';

export { member } from './member.ts';

/**
 * For worlds whose requests must not be overtaken: on a busy machine, a step may last longer than the few hundred
 * milliseconds after which a test world's worker takes over what a request seems to have left.
 */
export const unhurried = { CRUCIBLE_ORPHAN_AFTER_MS: '60000', CRUCIBLE_LEASE_MS: '5000' };

/** What a whole world must be like whenever nothing is under way: the mint's books and ours agree to the unit. */
export async function expectBalancedBooks(world: World): Promise<void> {
  const { outstanding, balance, payments } = await world.sim.ledger();
  expect(balance.ok).toBe(true);
  expect(payments.filter(({ count }) => count > 1)).toEqual([]);
  const owners = await world.context.database.wallets.find().lean<{ npub: string }[]>();
  let held = 0;
  for (const { npub } of owners) {
    const { totalBalance = Number.NaN } = await balanceOf(world, npub);
    held += totalBalance;
  }
  expect(held).toBe(outstanding);
}

export type Expected = { status: number; code: string; severity: string; retryAfter?: boolean } & Json;

/** What is refused because the mint does not answer, before anything is at stake. */
export const mintUnavailable: Expected = {
  status: 503,
  code: 'MINT_UNAVAILABLE',
  severity: 'HIGH',
  retryable: true,
  retryAfter: true,
};

/** An error body is an RFC 9457 problem and holds what the seed's clients read; grave ones have a stored report. */
export async function expectProblem(world: World, reply: Reply, expected: Expected): Promise<void> {
  const { retryAfter = false, ...members } = expected;
  const { body, headers } = reply;
  expect({ ...body, httpStatus: reply.status }).toMatchObject({
    ...members,
    httpStatus: expected.status,
    type: `urn:crucible:problem:${expected.code.toLowerCase().replaceAll('_', '-')}`,
    title: expect.stringMatching(/\w/),
    detail: expect.stringMatching(/\w/),
    instance: `urn:crucible:request:${headers.get('x-request-id')}`,
    error: expect.stringMatching(/\w/),
    message: body['detail'],
  });
  expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
  if (retryAfter) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  expect(JSON.stringify(body)).not.toMatch(/"stack"|node_modules|Mongo|mongoose/);
  const grave = expected.status >= 500 || ['CRITICAL', 'HIGH'].includes(expected.severity);
  if (!grave) {
    expect(body).not.toHaveProperty('supportId');
    return;
  }
  const report = await world.context.database.reports.findById(body['supportId']).lean();
  expect(report).toMatchObject({ code: expected.code, severity: expected.severity, status: 'open' });
  expect(report?.request_ids).toContain(headers.get('x-request-id'));
}

/** A wallet's spendable proofs with their secrets, opened behind the server's back. */
export async function proofsOf(world: World, npub: string): Promise<(Proof & { tokenId: string })[]> {
  const sealer = await sealerBehind(world.context.database.connection, world.env);
  const tokens = await tokensOf(world, npub, { status: 'unspent' });
  return tokens.flatMap((token) =>
    tokenFrom(token, sealer).proofs.map((proof) => ({ ...proof, tokenId: token._id })),
  );
}

/** As another wallet with the same secret would name a proof to the simulator. */
export const outside = ({ secret, amount, keysetId }: Proof) => ({
  secret,
  amount: Number(amount),
  id: keysetId,
});

/** Every proof that the books call unspent is one that the mint would take: a sum alone could be of worthless ones. */
export async function expectRealMoney(world: World, npub: string): Promise<void> {
  const proofs = await proofsOf(world, npub);
  if (proofs.length === 0) return;
  const worth = await world.sim.honoured(proofs.map((proof) => ({ ...outside(proof), C: proof.C })));
  expect(BigInt(worth)).toBe(sumAmounts(proofs));
}

export function tokensOf(world: World, npub: string, filter: object = {}): Promise<TokenDocument[]> {
  return world.context.database.tokens.find({ npub, ...filter }).lean<TokenDocument[]>();
}

/** How often the payee of an invoice really got the money. */
export async function timesPaid(world: World, paymentHash: string): Promise<number> {
  const { payments } = await world.sim.ledger();
  return payments.find((payment) => payment.paymentHash === paymentHash)?.count ?? 0;
}

/** How often an invoice was paid in the end, and what is left of the wallet, all of it free. */
export async function expectEnd(
  world: World,
  wallet: TestWallet,
  paymentHash: string,
  { paid, left }: { paid: number; left: number },
): Promise<void> {
  expect(await timesPaid(world, paymentHash)).toBe(paid);
  expect(await wallet.balance()).toMatchObject({ totalBalance: left, reservedBalance: 0 });
}

/** The tokens that a melt left, by purpose, each of them there once. */
export async function expectTokens(
  world: World,
  wallet: TestWallet,
  id: unknown,
  amounts: Record<string, number>,
): Promise<void> {
  for (const [purpose, amount] of Object.entries(amounts))
    expect(await tokensOf(world, wallet.npub, { transaction_id: `${String(id)}_${purpose}` })).toMatchObject([
      { status: 'unspent', total_amount: amount, reserved_by: null },
    ]);
}

/** The paths that the mint was asked for since `clearRequests`. */
export async function askedOfMint(world: World, path: string): Promise<number> {
  return (await world.sim.requests()).filter((request) => request.path === path).length;
}

/** After failures the mint is left alone for a moment, and what would start something is refused unasked. */
export async function untilMintIsAskedAgain(world: World): Promise<void> {
  const circuit = async () => member((await world.call('GET', '/readyz')).body, 'mints', 0, 'circuit');
  await until(async () => (await circuit()) !== 'open', 'the mint asked again');
}

/** Written by the clock, and not by what a test does: each event has one or the other (integration/auditChain). */
const ofSealing = ['audit_seals', 'audit_unsealed'];

/** Everything that the database holds, as text, but for what seals the audit log. */
export async function dump(world: World): Promise<string> {
  const { db } = world.context.database.connection;
  if (db === undefined) throw new Error('the database is not open');
  const collections = (await db.collections()).filter(isOfWork).sort(byName);
  const contents = await Promise.all(collections.map((collection) => collection.find().toArray()));
  return JSON.stringify(contents, (_name, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
}

const isOfWork = ({ collectionName }: { collectionName: string }) => !ofSealing.includes(collectionName);

const byName = (one: { collectionName: string }, other: { collectionName: string }) =>
  one.collectionName.localeCompare(other.collectionName);

/** `dump`, once what was answered has also been tidied up: a lease given back, a report written. */
export async function dumpAtRest(world: World): Promise<string> {
  let latest = await dump(world);
  await until(async () => {
    const before = latest;
    await new Promise((resolve) => setTimeout(resolve, 250));
    latest = await dump(world);
    return latest === before;
  }, 'the books at rest');
  return latest;
}

/** How many documents each collection holds, but for those that seal the audit log. */
export async function counts(world: World): Promise<Record<string, number>> {
  const { db } = world.context.database.connection;
  if (db === undefined) throw new Error('the database is not open');
  const collections = (await db.collections()).filter(isOfWork);
  const sizes = await Promise.all(
    collections.map(
      async (collection): Promise<[string, number]> => [
        collection.collectionName,
        await collection.countDocuments(),
      ],
    ),
  );
  return Object.fromEntries(sizes.sort());
}

export type Spy = {
  transport: Transport;
  /** Proof secrets that went to the mint. */
  secrets: Set<string>;
  /** Called before a request leaves. */
  before: (request: Parameters<Transport>[0]) => Promise<void>;
};

/** The ordinary way to the mint, overheard. */
export function spyOnMint(): Spy {
  const spy: Spy = {
    secrets: new Set(),
    before: async () => undefined,
    transport: async (request) => {
      for (const secret of secretsIn(request.body)) spy.secrets.add(secret);
      await spy.before(request);
      return httpTransport(request);
    },
  };
  return spy;
}

function secretsIn(body: string | undefined): string[] {
  const inputs = body === undefined ? undefined : member(JSON.parse(body), 'inputs');
  return Array.isArray(inputs) ? inputs.map((input) => String(member(input, 'secret'))) : [];
}
