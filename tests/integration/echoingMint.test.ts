import { Writable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import winston from 'winston';
import { formatLine } from '../../src/logger.ts';
import type { Exchange } from '../../src/services/mint/transport.ts';
import { httpTransport } from '../support/carrier.ts';
import { type Lie, meltPath, posts, quotePath, reply } from '../support/liar.ts';
import { comesTo, expectAllSettled } from '../support/mischief.ts';
import { dump, member } from '../support/money.ts';
import { type Reply, startWorld, until, type World } from '../support/world.ts';

/** As some web frameworks answer what they cannot read: with all of it. */
describe('a mint that repeats the request in its answers gives no secret away', () => {
  const lines: string[] = [];
  const secrets = new Set<string>();
  const told: string[] = [];
  let lie: Lie | null = null;
  let world: World;
  beforeAll(async () => {
    world = await startWorld({
      simulator: { feeReserveMinSat: 4 },
      env: { CRUCIBLE_ANSWER_WITHIN_MS: '600' },
      overrides: {
        logger: loggerInto(lines),
        transport: (request) => {
          for (const { secret } of inputsOf(request.body)) secrets.add(secret);
          const carry = () => httpTransport(request);
          return lie?.(request, carry) ?? carry();
        },
      },
    });
  });
  afterAll(() => world.end());
  afterEach(async () => {
    lie = null;
    await expectAllSettled(world);
  });

  /** Twelve characters of a secret in a row, anywhere that somebody may read. */
  async function pieces(...answers: Reply[]): Promise<string[]> {
    told.push(...answers.map(({ body }) => JSON.stringify(body)));
    const written = [await dump(world), ...told, ...lines].join('\n').toLowerCase();
    return [...secrets].flatMap((secret) =>
      Array.from({ length: secret.length - 11 }, (_, at) => secret.slice(at, at + 12).toLowerCase()).filter(
        (piece) => written.includes(piece),
      ),
    );
  }

  const storedReplies = async (id: unknown): Promise<number> => {
    const operation = await world.context.database.operations.findById(String(id)).lean();
    return operation?.attempts.filter((attempt) => attempt.reply !== null).length ?? 0;
  };

  async function asked(amount = 700) {
    const wallet = await world.wallet(1000);
    const { invoice } = await world.sim.invoice({ amount });
    return { wallet, invoice };
  }

  it('when it refuses a swap', async () => {
    const { wallet, invoice } = await asked();
    lie = (request) => (posts(request, '/v1/swap') ? echo(422, request.body) : undefined);
    const hanging = await wallet.melt(invoice);
    const id = hanging.body['transactionId'];
    await until(async () => (await storedReplies(id)) > 0, 'the refusal stored');
    expect(secrets.size).toBeGreaterThan(0);
    expect(await pieces(hanging, await wallet.status(id))).toEqual([]);
    lie = null;
    expect(await pieces(await comesTo(wallet, id, 'released', 'settled'))).toEqual([]);
  });

  it('when it signs a swap badly: the report names the reply, and does not tell it', async () => {
    const { wallet, invoice } = await asked();
    lie = (request) => {
      if (!posts(request, '/v1/swap')) return undefined;
      const { inputs, outputs }: { inputs: unknown; outputs: Output[] } = JSON.parse(request.body ?? '');
      const signatures = outputs.map(({ id, amount, B_ }) => ({ id, amount, C_: B_ }));
      return reply(200, JSON.stringify({ inputs, signatures }));
    };
    const hanging = await wallet.melt(invoice);
    const id = hanging.body['transactionId'];
    const bad = { transaction_id: String(id), code: 'SIGNATURES_DO_NOT_VERIFY' };
    const { reports } = world.context.database;
    await until(async () => (await reports.countDocuments(bad)) > 0, 'the report');
    const filed = await reports.findOne(bad).lean();
    expect(filed?.details['reply']).toEqual({
      httpStatus: 200,
      bytes: expect.any(Number),
      sha256: expect.stringMatching(/^[\w+/]{43}=$/),
      signatures: expect.any(Number),
    });
    expect(await pieces(hanging, await wallet.status(id))).toEqual([]);
    lie = null;
    await comesTo(wallet, id, 'released', 'settled');
  });

  it.each([
    ['whole', (secret: string) => secret],
    ['in capitals', (secret: string) => secret.toUpperCase()],
    ['cut off', (secret: string) => secret.slice(3, 28)],
    ['cut off by the length of the words', (secret: string) => `${'x'.repeat(150)} ${secret}`],
  ])('when it names a secret, %s, in the words of its refusal', async (_how, spelled) => {
    const { wallet, invoice } = await asked();
    lie = (request) => {
      if (!posts(request, meltPath)) return undefined;
      const [first] = inputsOf(request.body);
      const detail = `no route for ${spelled(first?.secret ?? '')}`;
      return reply(400, JSON.stringify({ code: 20004, detail }));
    };
    const begun = await wallet.melt(invoice);
    const id = begun.body['transactionId'];
    const ended = await comesTo(wallet, id, 'released');
    expect(ended.body).toMatchObject({ status: 'FAILED', cause: 'NO_ROUTE' });
    expect(await pieces(begun, ended)).toEqual([]);
    const failed = await world.context.database.operations.findById(String(id)).lean();
    expect(JSON.stringify(member(failed?.details, 'failure'))).toContain('no route');
  });

  it('when it names one in the words of a later refusal to quote', async () => {
    const { wallet, invoice } = await asked(300);
    const [known] = secrets;
    lie = (request) =>
      posts(request, quotePath.slice(0, -1))
        ? reply(400, JSON.stringify({ code: 20000, detail: `${'x'.repeat(180)} ${known}` }))
        : undefined;
    const refused = await wallet.melt(invoice);
    expect(refused).toMatchObject({ status: 422, body: { code: 'PAYMENT_FAILED' } });
    expect(await pieces(refused)).toEqual([]);
  });
});

type Output = { id: string; amount: number; B_: string };

function inputsOf(body: string | undefined): { secret: string }[] {
  const { inputs }: { inputs?: { secret: string }[] } = body === undefined ? {} : JSON.parse(body);
  return inputs ?? [];
}

/** FastAPI's answer to what does not validate. */
function echo(status: number, body: string | undefined): Promise<Exchange> {
  const input: unknown = JSON.parse(body ?? 'null');
  return reply(
    status,
    JSON.stringify({ detail: [{ type: 'value_error', loc: ['body'], msg: 'bad', input }] }),
  );
}

/** Everything that would be logged, as it would be. */
function loggerInto(lines: string[]): winston.Logger {
  const stream = new Writable({
    write: (chunk, _encoding, done) => {
      lines.push(String(chunk));
      done();
    },
  });
  return winston.createLogger({
    level: 'debug',
    format: winston.format.printf(formatLine),
    transports: [new winston.transports.Stream({ stream })],
  });
}
