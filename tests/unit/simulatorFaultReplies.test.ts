import { verifyDLEQProof } from '@cashu/cashu-ts';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import type { AskedFault } from '../../simulator/client.ts';
import { aboutToMelt, output, plain, type SimulatorWorld, startWorld } from '../../simulator/testing.ts';

/** Real curve math, on machines that may be busy. */
jest.setTimeout(30_000);

const meltPath = '/v1/melt/bolt11';

const worlds: SimulatorWorld[] = [];
let here: SimulatorWorld;
async function start(): Promise<void> {
  here = await startWorld();
  worlds.push(here);
}
afterAll(async () => {
  for (const world of worlds) await world.close();
});

type Spoiling = Extract<AskedFault, { kind: 'spoil_signatures' }>;
type Output = { B_: string; amount: number; id: string };
type Signature = { id: string; amount: number; C_: string; dleq?: { e: string; s: string } };

function spoiling(path: string, wish: Omit<Spoiling, 'kind'>): Promise<number[]> {
  return here.sim.addFaults({ match: { path }, fault: { kind: 'spoil_signatures', ...wish } });
}

function signaturesIn(list: unknown): Signature[] {
  return Array.isArray(list) ? list.filter(isSignature) : [];
}

function isSignature(value: unknown): value is Signature {
  return typeof value === 'object' && value !== null && 'C_' in value;
}

/** Which of the signatures are the mint's, each on the output at its place. */
function goodOnes(list: unknown, outputs: readonly Output[]): Promise<boolean[]> {
  return Promise.all(
    signaturesIn(list).map(async ({ id, amount, C_, dleq }, at) => {
      const [keyset] = (await here.wallet.mint.getKeys(id)).keysets;
      const points = [outputs[at]?.B_, C_, keyset?.keys[amount]];
      const [B, C, K] = points.map((point) => point && secp256k1.Point.fromHex(point));
      if (!B || !C || !K || !dleq) return false;
      return verifyDLEQProof({ e: Buffer.from(dleq.e, 'hex'), s: Buffer.from(dleq.s, 'hex') }, B, C, K);
    }),
  );
}

function thirteen(): Output[] {
  return [1, 4, 8].map((amount) => output(here.wallet.getKeyset().id, amount));
}

/** 13 in three signatures, and how to be told of them again and again: by the NUT-19 cache, where it is no GET. */
type Signed = { outputs: Output[]; again: () => Promise<Record<string, unknown>> };

async function posted(path: string, body: { outputs: Output[] } & Record<string, unknown>): Promise<Signed> {
  const again = async () => (await here.post(path, body)).body;
  await again();
  return { outputs: body.outputs, again };
}

async function swapped(): Promise<Signed> {
  return posted('/v1/swap', { inputs: plain(await here.fund(13)), outputs: thirteen() });
}

async function minted(): Promise<Signed> {
  const { quote, request } = await here.wallet.createMintQuoteBolt11(13);
  await here.sim.pay(request);
  return posted('/v1/mint/bolt11', { quote, outputs: thirteen() });
}

async function restored(): Promise<Signed> {
  const { outputs } = await swapped();
  return posted('/v1/restore', { outputs });
}

async function melted(): Promise<Signed & { quote: string }> {
  const { invoice } = await here.sim.invoice({ amount: 3 });
  const { quote } = await here.wallet.createMeltQuoteBolt11(invoice);
  const inputs = plain(await here.fund(16));
  return { quote, ...(await posted(meltPath, { quote, inputs, outputs: thirteen() })) };
}

async function meltQuoted(): Promise<Signed> {
  const { quote, outputs } = await melted();
  return { outputs, again: async () => (await here.get(`/v1/melt/quote/bolt11/${quote}`)).body };
}

describe.each([
  { what: 'swap', path: '/v1/swap', member: 'signatures', sign: swapped },
  { what: 'mint', path: '/v1/mint/bolt11', member: 'signatures', sign: minted },
  { what: 'restore', path: '/v1/restore', member: 'signatures', sign: restored },
  { what: 'melt', path: meltPath, member: 'change', sign: melted },
  { what: 'melt quote', path: '/v1/melt/quote/*', member: 'change', sign: meltQuoted },
])('signatures in the reply of $what', ({ path, member, sign }) => {
  let signed: Signed;
  beforeAll(async () => {
    await start();
    signed = await sign();
  });
  afterEach(async () => {
    expect((await here.sim.ledger()).balance.ok).toBe(true);
    const told = (await signed.again())[member];
    expect(await goodOnes(told, signed.outputs)).toEqual([true, true, true]); // the truth, once told otherwise
  });

  async function spoilt(wish: Omit<Spoiling, 'kind'>) {
    await spoiling(path, wish);
    const list = (await signed.again())[member];
    return { list, signatures: signaturesIn(list), good: await goodOnes(list, signed.outputs) };
  }

  it('in another order: each is good for another output', async () => {
    const { good, signatures } = await spoilt({ flaws: ['permuted'] });
    expect(good).toEqual([false, false, false]);
    const inOrder = [...signatures.slice(2), ...signatures.slice(0, 2)];
    expect(await goodOnes(inOrder, signed.outputs)).toEqual([true, true, true]);
  });

  it('missing, as a list or one of them', async () => {
    expect((await spoilt({ flaws: ['missing'] })).list).toBeUndefined();
    expect((await spoilt({ flaws: ['empty'] })).list).toEqual([]);
    const amounts = async (position?: number) => {
      const { signatures } = await spoilt({
        flaws: ['left_out'],
        ...(position === undefined ? {} : { position }),
      });
      return signatures.map(({ amount }) => amount);
    };
    expect(await amounts()).toEqual([1, 4]);
    expect(await amounts(0)).toEqual([4, 8]);
  });

  it('on another point, all or one', async () => {
    expect((await spoilt({ flaws: ['wrong_point'] })).good).toEqual([false, false, false]);
    expect((await spoilt({ flaws: ['wrong_point'], position: 1 })).good).toEqual([true, false, true]);
  });

  it('without proof, with a wrong one, or on another point without proof', async () => {
    const bare = await spoilt({ flaws: ['no_dleq'], position: 1 });
    expect(bare.signatures.map(({ dleq }) => dleq === undefined)).toEqual([false, true, false]);
    const wrong = await spoilt({ flaws: ['wrong_dleq'], position: 2 });
    expect(wrong.good).toEqual([true, true, false]);
    expect(wrong.signatures[2]?.dleq?.e).toMatch(/^[0-9a-f]{64}$/);
    const both = await spoilt({ flaws: ['wrong_point', 'no_dleq'], position: 0 });
    expect(both.signatures[0]?.dleq).toBeUndefined();
    expect(both.signatures[0]?.C_).not.toBe(bare.signatures[0]?.C_);
  });

  it('under another keyset or for another amount', async () => {
    const { signatures } = await spoilt({ flaws: ['wrong_amount'], position: 2 });
    expect(signatures.map(({ amount }) => amount)).toEqual([1, 4, 16]);
    await spoiling(path, { flaws: ['wrong_keyset'] });
    const ids = signaturesIn((await signed.again())[member]).map(({ id }) => id);
    expect(ids).toEqual(Array(3).fill('00ffffffffffffff'));
  });
});

describe('what stays true of spoilt signatures', () => {
  beforeEach(start);

  it('one keyset of the mint can stand for another', async () => {
    const inputs = plain(await here.fund(13));
    await here.sim.rotate();
    const [old = '', active = ''] = (await here.sim.ledger()).keysets.map(({ id }) => id);
    await spoiling('/v1/swap', { flaws: ['wrong_keyset'], keysetId: old });
    const outputs = [1, 4, 8].map((amount) => output(active, amount));
    const told = (await here.post('/v1/swap', { inputs, outputs })).body['signatures'];
    expect(signaturesIn(told).map(({ id }) => id)).toEqual([old, old, old]);
    expect(await goodOnes(told, outputs)).toEqual([false, false, false]);
    const { signatures } = await here.sim.ledger();
    expect(signatures.slice(-3).map(({ keysetId }) => keysetId)).toEqual([active, active, active]);
  });

  it('the ledger knows what was signed, restore tells it, and a repeat of the request gets it', async () => {
    await spoiling(meltPath, { flaws: ['missing'] });
    const { body } = await aboutToMelt(here);
    const before = await here.sim.ledger();
    expect((await here.post(meltPath, body)).body).not.toHaveProperty('change');
    const { meltQuotes, outstanding } = await here.sim.ledger();
    expect([outstanding - before.outstanding, meltQuotes.at(-1)?.changeAmount]).toEqual([10 - 64, 10]);
    const told = await here.post('/v1/restore', { outputs: body.outputs });
    const change = told.body['signatures'];
    expect(await goodOnes(change, body.outputs)).toEqual([true, true]);
    expect((await here.post(meltPath, body)).body['change']).toEqual(change);
  });

  it('restore forgets an output together with its signature, but mixes up signatures alone', async () => {
    const { outputs, again } = await swapped();
    const signatures = signaturesIn((await again())['signatures']);
    await spoiling('/v1/restore', { flaws: ['left_out'], position: 0 });
    const fewer = await here.post('/v1/restore', { outputs });
    expect(fewer.body['outputs']).toEqual(outputs.slice(1));
    expect(fewer.body['signatures']).toEqual(signatures.slice(1));
    await spoiling('/v1/restore', { flaws: ['permuted'] });
    expect((await here.post('/v1/restore', { outputs })).body['outputs']).toEqual(outputs);
  });

  it('a refusal stays a refusal', async () => {
    await spoiling('/v1/swap', { flaws: ['missing'] });
    expect((await here.post('/v1/swap', { inputs: [], outputs: [] })).body['code']).toBe(10000);
  });
});
