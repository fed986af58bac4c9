import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../src/config.ts';
import { type Context, createContext } from '../../src/context.ts';
import { WrongMasterKey } from '../../src/models/errors.ts';
import { createSealer, sealingKey } from '../../src/repositories/sealing.ts';
import { proofPurpose } from '../../src/repositories/tokenDocuments.ts';
import { startServer } from '../../src/server.ts';
import { expectBalancedBooks, expectRealMoney, unhurried } from '../support/money.ts';
import { type Keys, sealerBehind } from '../support/sealers.ts';
import { startWorld, type TestWallet, until, type World } from '../support/world.ts';

const before = randomBytes(32).toString('hex');
const after = randomBytes(32).toString('hex');
const fakeWallets = 3_000;

let world: World;
beforeAll(async () => {
  world = await startWorld({
    simulator: { feeReserveMinSat: 2 },
    env: {
      ...unhurried,
      CRUCIBLE_ANSWER_WITHIN_MS: '60000',
      CRUCIBLE_MASTER_KEY: before,
      CRUCIBLE_MASTER_KEY_PREVIOUS: after,
    },
  });
});
afterAll(() => world.end());

const rotated: Keys = { CRUCIBLE_MASTER_KEY: after, CRUCIBLE_MASTER_KEY_PREVIOUS: before };
const newAlone: Keys = { CRUCIBLE_MASTER_KEY: after, CRUCIBLE_MASTER_KEY_PREVIOUS: '' };
const oldAlone: Keys = { CRUCIBLE_MASTER_KEY: before, CRUCIBLE_MASTER_KEY_PREVIOUS: '' };

/** Another instance with these master keys. */
async function serve(keys: Keys): Promise<{ context: Context; url: string; stop(): Promise<void> }> {
  const context = await createContext(loadConfig({ ...world.env, ...keys }));
  const server = await startServer(context, { host: '127.0.0.1', port: 0 });
  context.startWorkers();
  const stop = async () => {
    await context.drain();
    await server.close(0);
    await context.dispose();
  };
  return { context, url: server.url, stop };
}

type Run = { process: ChildProcess; ended: Promise<{ code: number | null; stdout: string; stderr: string }> };

function rotateMaster(keys: Keys, words: string[] = [], onProgress: () => void = () => undefined): Run {
  const env = { ...process.env, ...world.env, ...keys };
  const child = spawn(process.execPath, ['src/cli/index.ts', 'keys', 'rotate-master', ...words], { env });
  const told = { stdout: '', stderr: '' };
  child.stdout.on('data', (text) => {
    told.stdout += String(text);
  });
  child.stderr.on('data', (text) => {
    told.stderr += String(text);
    if (told.stderr.includes(' done\n')) onProgress();
  });
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) =>
    child.on('close', (code) => resolve({ code, ...told })),
  );
  return { process: child, ended };
}

/** Kills a rotation as soon as it has done something. */
async function rotateAndKill(): Promise<void> {
  const run: Run = rotateMaster(rotated, [], () => run.process.kill('SIGKILL'));
  await run.ended;
}

const stillUnder = (key: string) =>
  world.context.database.dataKeys.countDocuments({
    master_key_id: sealingKey(Buffer.from(key, 'hex'), 'master').id,
  });

/** Data keys of wallets without money, so that a rotation lasts. */
async function addFakeWallets(): Promise<void> {
  const key = sealingKey(Buffer.from(before, 'hex'), 'master');
  const sealer = createSealer(key);
  const documents = Array.from({ length: fakeWallets }, (_, number) => {
    const _id = `wallet:fake_${number}` as const;
    const sealed = sealer.seal(randomBytes(32).toString('base64'), `data key:${_id}`);
    return { _id, sealed, master_key_id: key.id, created_at: new Date() };
  });
  await world.context.database.dataKeys.insertMany(documents);
}

/** Seals every proof by the master key directly, as servers did before there were data keys. */
async function ageTokens(): Promise<void> {
  const { tokens, connection } = world.context.database;
  const sealer = await sealerBehind(connection, world.env);
  for (const { _id, wallet_id, proofs = [] } of await tokens.find().lean()) {
    const old = proofs.map((proof) => {
      const purpose = proofPurpose(wallet_id, proof.Y);
      return { ...proof, sealed: sealer.seal(sealer.open(proof.sealed, purpose), purpose) };
    });
    await tokens.updateOne({ _id }, { $set: { proofs: old } });
  }
}

const textsIn = (value: unknown): string[] =>
  JSON.stringify(value, (_name, inner: unknown) => (typeof inner === 'bigint' ? `${inner}` : inner)).match(
    /(?<=")[0-9a-f]{8,16}\.[\w+/=]{40,}(?=")/g,
  ) ?? [];

describe('a new master key', () => {
  let wallets: TestWallet[];
  beforeAll(async () => {
    wallets = [];
    for (let number = 0; number < 2; number += 1) wallets.push(await world.wallet(400, 256, 100));
    await ageTokens();
    await addFakeWallets();
  });

  it('is refused by the command without the old one, naming what is missing and no key', async () => {
    const refused = await rotateMaster({ CRUCIBLE_MASTER_KEY: after, CRUCIBLE_MASTER_KEY_PREVIOUS: '' })
      .ended;
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(/CRUCIBLE_MASTER_KEY_PREVIOUS.*Nothing was changed/s);
    expect(refused.stderr).not.toContain(before.slice(0, 8));
  });

  it('is refused by a server without the old one', async () => {
    await expect(createContext(loadConfig({ ...world.env, ...newAlone }))).rejects.toThrow(WrongMasterKey);
  });

  it('rotates in beside servers that pay, killed twice: nothing is lost, and the old key opens nothing', async () => {
    const other = await serve(rotated);
    let isOver = false;
    let paid = 0;
    const pay = async (wallet: TestWallet): Promise<void> => {
      for (let turn = 0; !isOver || turn < 2; turn += 1) {
        const { invoice } = await world.sim.invoice({ amount: 7 });
        const { status, body } = await wallet.melt(invoice, {}, {}, turn % 2 === 0 ? other.url : world.url);
        expect({ status, body }).toMatchObject({ status: 200, body: { paymentResult: 'PAID' } });
        paid += 1;
      }
    };
    const payments = Promise.allSettled(wallets.map(pay));
    try {
      await rotateKilledTwice();
    } finally {
      isOver = true;
    }
    expect((await payments).filter(({ status }) => status === 'rejected')).toEqual([]);
    expect(paid).toBeGreaterThan(4);

    const { operations } = world.context.database;
    await until(async () => (await operations.countDocuments({ open: true })) === 0, 'every melt at its end');
    await expectBalancedBooks(world);
    await other.stop();
    await Promise.all([expectNewAloneOpensAll(), expectOldOpensNothing()]);
  }, 180_000);

  async function rotateKilledTwice(): Promise<void> {
    await rotateAndKill();
    const leftFirst = await stillUnder(before);
    expect(leftFirst).toBeGreaterThan(0);
    expect(leftFirst).toBeLessThan(fakeWallets);
    await rotateAndKill();
    const leftThen = await stillUnder(before);
    expect(leftThen).toBeGreaterThan(0);
    expect(leftThen).toBeLessThan(leftFirst);
    const checked = await rotateMaster(rotated, ['--check']).ended;
    expect(checked).toMatchObject({ code: 1, stdout: expect.stringMatching(/left: [1-9]/) });
    const last = await rotateMaster(rotated).ended;
    expect(last).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('left: 0 data keys, 0 records'),
    });
  }

  async function expectNewAloneOpensAll(): Promise<void> {
    const alone = await serve(newAlone);
    try {
      for (const wallet of wallets) {
        await expectRealMoney({ ...world, env: { ...world.env, CRUCIBLE_MASTER_KEY: after } }, wallet.npub);
        const { invoice } = await world.sim.invoice({ amount: 3 });
        expect((await wallet.melt(invoice, {}, {}, alone.url)).status).toBe(200);
      }
    } finally {
      await alone.stop();
    }
    expect(await rotateMaster(newAlone).ended).toMatchObject({ code: 0 });
  }

  async function expectOldOpensNothing(): Promise<void> {
    const { tokens, operations, dataKeys, connection } = world.context.database;
    const texts = textsIn([await tokens.find().lean(), await operations.find().lean()]);
    expect(texts.length).toBeGreaterThan(10);
    expect(texts.filter((text) => /^[0-9a-f]{8}\./.test(text))).toEqual([]);
    expect(await dataKeys.countDocuments()).toBeGreaterThan(fakeWallets);
    expect(await stillUnder(before)).toBe(0);
    await expect(sealerBehind(connection, oldAlone)).rejects.toThrow('another key');
  }

  it('is nothing that the command takes as a word: wrong usage ends with code 2', async () => {
    expect(await rotateMaster(rotated, ['--now']).ended).toMatchObject({ code: 2, stdout: '' });
  });
});
