import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../src/config.ts';
import { attemptsFor, type Operation } from '../../src/models/operation.ts';
import { withAttempt, withReply } from '../../src/repositories/operations.ts';
import { createCourier } from '../../src/services/melt/courier.ts';
import { createMintDirectory } from '../../src/services/mint/mints.ts';
import type { Transport } from '../../src/services/mint/transport.ts';
import { httpTransport as carry } from '../support/carrier.ts';
import { comesTo } from '../support/mischief.ts';
import { expectBalancedBooks, member, timesPaid } from '../support/money.ts';
import { repositoriesOf } from '../support/repositories.ts';
import { startWorld, type World } from '../support/world.ts';

type Sent = Parameters<Transport>[0];

describe('what is written, and when', () => {
  let world: World;
  let transport: Transport = carry;
  beforeAll(async () => {
    world = await startWorld({
      simulator: { feeReserveMinSat: 4 },
      env: { CRUCIBLE_ANSWER_WITHIN_MS: '3000', CRUCIBLE_ORPHAN_AFTER_MS: '20000' },
      overrides: { transport: (request) => transport(request) },
    });
  });
  afterAll(() => world.end());

  const isPost = ({ method, url }: Sent, path: string) => method === 'POST' && url.endsWith(path);

  async function stored(): Promise<Operation[]> {
    const { operationsOf } = repositoriesOf(world);
    const owners = await world.context.database.wallets.find().lean<{ npub: string }[]>();
    const found = await Promise.all(
      owners.flatMap(({ npub }) => [operationsOf(npub, 'melt'), operationsOf(npub, 'minting')]),
    );
    return found.flat();
  }

  it('the intent stands in the database when the request arrives, for each of its kinds', async () => {
    const seen: unknown[] = [];
    transport = async (request) => {
      if (!/\/v1\/(swap|melt\/bolt11|mint\/bolt11)$/.test(request.url)) return carry(request);
      const intents = (await stored()).flatMap(({ state, attempts }) =>
        attempts
          .filter(({ requestBody }) => requestBody === request.body)
          .map(({ purpose, posts, endedAt }) => ({ state, purpose, posted: posts > 0, endedAt })),
      );
      seen.push(...(intents.length === 1 ? intents : [{ request: request.url, intents }]));
      // Melts never get through, so that the fence is put up.
      return isPost(request, '/v1/melt/bolt11') ? { kind: 'lost', reason: 'network' } : carry(request);
    };
    const wallet = await world.wallet(512);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 210 });
    const { body } = await wallet.melt(invoice);
    await comesTo(wallet, body['transactionId'], 'released');
    const intent = (state: string, purpose: string) => ({ state, purpose, posted: true, endedAt: null });
    expect(new Set(seen.map((one) => JSON.stringify(one)))).toEqual(
      new Set(
        [
          intent('issuing', 'issue'),
          intent('swapping', 'swap'),
          intent('melting', 'melt'),
          intent('releasing', 'fence'),
        ].map((one) => JSON.stringify(one)),
      ),
    );
    expect(await timesPaid(world, paymentHash)).toBe(0);
    await expectBalancedBooks(world);
  });

  it('a reply is stored before anything is concluded from it', async () => {
    const looks: unknown[] = [];
    // Without their proofs, signatures say nothing by themselves: the mint is asked which outputs they are for.
    transport = async (request) => {
      if (isPost(request, '/v1/restore')) {
        const B_ = member(JSON.parse(request.body ?? ''), 'outputs', 0, 'B_');
        const attempts = (await stored()).flatMap((operation) => operation.attempts);
        const asked = attempts.find(({ outputs }) => outputs.some((output) => output.B_ === B_));
        // Before an operation stands, the mint is asked whether its outputs are new; no reply is concluded from then.
        // A minting may be looked at by its client's request and by the worker at once, and then one is ahead of the reply.
        const isBesideAnother = asked?.purpose === 'issue' && asked.reply === null;
        if (asked !== undefined && !isBesideAnother)
          looks.push({ purpose: asked.purpose, replied: asked.reply?.httpStatus });
      }
      const exchange = await carry(request);
      if (exchange.kind !== 'reply' || request.method !== 'POST' || request.url.endsWith('/restore'))
        return exchange;
      return { ...exchange, body: exchange.body.replaceAll(/,"dleq":\{[^}]*\}/g, '') };
    };
    const wallet = await world.wallet(512);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 210 });
    const { body } = await wallet.melt(invoice);
    await comesTo(wallet, body['transactionId'], 'settled');
    expect(new Set(looks.map((look) => JSON.stringify(look)))).toEqual(
      new Set(['issue', 'swap', 'melt'].map((purpose) => JSON.stringify({ purpose, replied: 200 }))),
    );
    expect(await timesPaid(world, paymentHash)).toBe(1);
    await expectBalancedBooks(world);
  });
});

describe('what was written once', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ simulator: { feeReserveMinSat: 4 }, workers: false });
  });
  afterAll(() => world.end());

  it('a reply that says PAID stays, whatever a repeat of its request is answered', async () => {
    const wallet = await world.wallet(214);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 210 });
    await wallet.melt(invoice);
    const { operations, melts, meltOf } = repositoriesOf(world);
    const paid = await meltOf(wallet.npub);
    const [attempt] = attemptsFor(paid, 'melt');
    if (attempt === undefined || attempt.reply === null) throw new Error('the melt has no reply');
    const courier = createCourier({
      operations,
      melts,
      mints: createMintDirectory(
        [world.simulator.url],
        async () => ({ kind: 'reply', httpStatus: 400, body: '{"code":20004,"detail":"payment failed"}' }),
        loadConfig(world.env).config,
      ),
      answerWithinMs: 3_000,
      now: () => new Date(),
    });
    // As it stood before it was booked.
    const unbooked = { attempts: withAttempt(paid.attempts, withReply(attempt, attempt.reply)) };
    const before = await operations.transition(paid, unbooked, 'looked at again', new Date());
    const repeated = await courier.melt(before);
    expect(attemptsFor(repeated, 'melt')).toMatchObject([{ posts: 2, reply: attempt.reply }]);
    expect(attemptsFor(await meltOf(wallet.npub), 'melt')).toMatchObject([{ reply: attempt.reply }]);
    expect(await timesPaid(world, paymentHash)).toBe(1);
  });
});
