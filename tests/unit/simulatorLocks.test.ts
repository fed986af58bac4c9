import { randomUUID } from 'node:crypto';
import { Amount, blindMessage, getPubKeyFromPrivKey, OutputData, schnorrSignMessage } from '@cashu/cashu-ts';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { loadedWallet, output, startWorld } from '../../simulator/testing.ts';

/** Real curve math, on machines that may be busy. */
jest.setTimeout(30_000);

type World = Awaited<ReturnType<typeof startWorld>>;
type Key = { privateKey: string; publicKey: string };

const locktime = 2_000_000_000;
const [before, after] = [(locktime - 60) * 1_000, (locktime + 60) * 1_000];
const keyOf = (digit: string): Key => {
  const privateKey = digit.repeat(64);
  const publicKey = Buffer.from(getPubKeyFromPrivKey(Buffer.from(privateKey, 'hex'))).toString('hex');
  return { privateKey, publicKey };
};
const [recipient, sender, stranger] = [keyOf('1'), keyOf('2'), keyOf('3')];

let nowMs: number;
let here: World;
beforeEach(async () => {
  nowMs = before;
  here = await startWorld({ clock: () => nowMs, inputFeePpk: 100 });
});
afterEach(() => here.close());

/** A proof over 8 with a secret of our choice: a mint cannot see what it signs. */
async function proofWith(secret: string) {
  const keyset = here.wallet.getKeyset();
  const { B_, r } = blindMessage(Buffer.from(secret));
  const amount = Amount.from(8);
  const data = new OutputData({ amount, B_: B_.toHex(true), id: keyset.id }, r, Buffer.from(secret));
  const inputs = wire(await here.fund(9));
  const { body } = await here.post('/v1/swap', { inputs, outputs: [{ ...data.blindedMessage, amount: 8 }] });
  const [signature] = Object(body['signatures']);
  expect(signature.dleq).toEqual({
    e: expect.stringMatching(/^\w{64}$/),
    s: expect.stringMatching(/^\w{64}$/),
  });
  return data.toProof({ ...signature, amount }, keyset);
}

type Proof = Awaited<ReturnType<typeof proofWith>>;
const wire = (proofs: readonly Proof[]) =>
  proofs.map(({ id, secret, C, amount }) => ({ id, secret, C, amount: amount.toNumber() }));

/** 200 once the mint takes it with signatures of these. */
async function spend(proof: Proof, ...signers: Key[]): Promise<number> {
  const signatures = signers.map(({ privateKey }) => schnorrSignMessage(proof.secret, privateKey));
  const inputs = wire([proof]).map((input) => ({ ...input, witness: JSON.stringify({ signatures }) }));
  const outputs = [4, 2, 1].map((amount) => output(proof.id, amount));
  return (await here.post('/v1/swap', { inputs, outputs })).status;
}

const lockedTo = (key: string, ...tags: string[][]) =>
  JSON.stringify(['P2PK', { nonce: randomUUID(), data: key, tags }]);
const until = ['locktime', String(locktime)];

describe('a proof that is locked to a key', () => {
  it('for a time, is the recipient’s up to then, and also the refund key’s from then on, by the mint’s clock', async () => {
    const make = () => proofWith(lockedTo(recipient.publicKey, until, ['refund', sender.publicKey]));
    const proof = await make();
    expect([await spend(proof), await spend(proof, sender)]).toEqual([400, 400]);
    nowMs = after;
    expect([await spend(proof), await spend(proof, stranger)]).toEqual([400, 400]);
    expect(await spend(proof, sender)).toBe(200);
    nowMs = before;
    expect(await spend(await make(), recipient)).toBe(200);
    nowMs = after;
    expect(await spend(await make(), recipient)).toBe(200);
  });

  it('for a time and without a refund, is anybody’s from then on', async () => {
    const proof = await proofWith(lockedTo(recipient.publicKey, until));
    expect(await spend(proof)).toBe(400);
    nowMs = after;
    expect(await spend(proof)).toBe(200);
  });

  it('or more of them, needs as many signatures as it says, by different keys', async () => {
    const proof = await proofWith(
      lockedTo(recipient.publicKey, ['pubkeys', sender.publicKey], ['n_sigs', '2']),
    );
    expect([await spend(proof, recipient), await spend(proof, recipient, recipient)]).toEqual([400, 400]);
    expect(await spend(proof, recipient, sender)).toBe(200);
  });

  it.each([
    ['the whole request has to be signed', [['sigflag', 'SIG_ALL']]],
    ['a tag comes twice', [until, until]],
    ['more signatures are asked for than there are keys', [['n_sigs', '2']]],
  ])('stays locked where %s', async (_what, tags) => {
    const proof = await proofWith(lockedTo(recipient.publicKey, ...tags));
    nowMs = after;
    expect(await spend(proof, recipient)).toBe(400);
  });
});

it('a secret that only looks like a lock is none', async () => {
  expect(await spend(await proofWith('["P2PK","x"]'))).toBe(200);
});

it('proofs of two keysets are swapped together, each with the fee of its own', async () => {
  const old = await here.fund(8);
  await here.sim.rotate({ inputFeePpk: 2_000 });
  const later = await loadedWallet(here.url);
  const { quote, request } = await later.createMintQuoteBolt11(8);
  await here.sim.pay(request);
  const fresh = await later.mintProofsBolt11(8, quote);
  expect(fresh[0]?.id).not.toBe(old[0]?.id);
  const inputs = wire([...old, ...fresh]);
  const id = fresh[0]?.id ?? '';
  const tooMuch = await here.post('/v1/swap', {
    inputs,
    outputs: [output(id, 8), output(id, 4), output(id, 2)],
  });
  expect(tooMuch.status).toBe(400);
  const outputs = [8, 4, 1].map((amount) => output(id, amount));
  expect((await here.post('/v1/swap', { inputs, outputs })).status).toBe(200);
});
