import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { output as outputOf, plain, startWorld } from '../../simulator/testing.ts';

/** Real curve math, on machines that may be busy. */
jest.setTimeout(30_000);

let here: Awaited<ReturnType<typeof startWorld>>;
let keysetId: string;
let proofs: ReturnType<typeof plain>;
let nowMs = Date.now();

beforeAll(async () => {
  here = await startWorld({ clock: () => nowMs });
  keysetId = here.wallet.getKeyset().id;
});
afterAll(() => here.close());

beforeEach(async () => {
  proofs = plain(await here.fund(3));
});

function output(amount: number, id = keysetId) {
  return outputOf(id, amount);
}

async function swap(inputs: unknown, outputs: unknown) {
  return here.post('/v1/swap', { inputs, outputs });
}

async function refusal(answer: Promise<{ status: number; body: Record<string, unknown> }>): Promise<unknown> {
  const { status, body } = await answer;
  expect(status).toBe(400);
  expect(typeof body['detail']).toBe('string');
  return body['code'];
}

async function mintQuote(extra: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
  return (await here.post('/v1/mint/quote/bolt11', { amount: 2, unit: 'sat', ...extra })).body;
}

describe('what the mint refuses, and by which code', () => {
  it('takes an honest swap, so that the refusals below mean something', async () => {
    expect((await swap(proofs, [output(1), output(2)])).status).toBe(200);
  });

  it('10001: a signature that does not verify, or an amount that was never signed', async () => {
    const [one, two] = proofs;
    expect(await refusal(swap([{ ...one, C: two?.C }], [output(1)]))).toBe(10001);
    expect(await refusal(swap([{ ...one, amount: 64 }], [output(64)]))).toBe(10001);
    expect(await refusal(swap([{ ...one, amount: 3 }], [output(1)]))).toBe(10001);
  });

  it('11001: a proof that is spent', async () => {
    await swap(proofs, [output(1), output(2)]);
    expect(await refusal(swap(proofs, [output(1), output(2)]))).toBe(11001);
  });

  it('11003: an output that was signed before', async () => {
    const outputs = [output(1), output(2)];
    await swap(proofs, outputs);
    expect(await refusal(swap(plain(await here.fund(3)), outputs))).toBe(11003);
  });

  it('11004: a blank output of a payment under way', async () => {
    const { invoice } = await here.sim.invoice({ amount: 1, behaviour: 'pending' });
    const quote = await here.wallet.createMeltQuoteBolt11(invoice);
    const blank = output(1);
    await here.post('/v1/melt/bolt11', { quote: quote.quote, inputs: proofs, outputs: [blank] });
    expect(await refusal(swap(plain(await here.fund(1)), [blank]))).toBe(11004);
  });

  it('11005: outputs that are not worth the inputs, or inputs that do not cover the melt', async () => {
    expect(await refusal(swap(proofs, [output(1), output(1)]))).toBe(11005);
    expect(await refusal(swap(proofs, [output(4)]))).toBe(11005);
    const { invoice } = await here.sim.invoice({ amount: 2 });
    const quote = await here.wallet.createMeltQuoteBolt11(invoice);
    expect(await refusal(here.post('/v1/melt/bolt11', { quote: quote.quote, inputs: proofs }))).toBe(11005);
  });

  it('11007, 11008: the same input or output twice', async () => {
    const [one] = proofs;
    const same = output(1);
    expect(await refusal(swap([one, one], [output(2)]))).toBe(11007);
    expect(await refusal(swap(proofs, [same, same]))).toBe(11008);
  });

  it('11014, 11015: more than a thousand of them', async () => {
    expect(await refusal(swap(Array(1001).fill(proofs[0]), [output(1)]))).toBe(11014);
    expect(await refusal(swap(proofs, Array(1001).fill(output(1))))).toBe(11015);
  });

  it('12001: a keyset that nobody knows', async () => {
    expect(await refusal(swap(proofs, [output(3, '00ffffffffffffff')]))).toBe(12001);
    expect(await refusal(here.get('/v1/keys/00ffffffffffffff'))).toBe(12001);
  });

  it('20001, 20002: a mint quote that is not paid, or already issued', async () => {
    const quote = await mintQuote();
    const mint = () => here.post('/v1/mint/bolt11', { quote: quote['quote'], outputs: [output(2)] });
    expect(await refusal(mint())).toBe(20001);
    await here.sim.pay(String(quote['request']));
    expect((await mint()).status).toBe(200);
    expect(await refusal(mint())).toBe(20002);
  });

  it('20007: a melt quote that has expired, or an invoice', async () => {
    const { invoice } = await here.sim.invoice({ amount: 1, expirySeconds: 30 });
    const quote = await here.wallet.createMeltQuoteBolt11(invoice);
    nowMs += 31_000;
    expect(await refusal(here.post('/v1/melt/bolt11', { quote: quote.quote, inputs: proofs }))).toBe(20007);
    expect(await refusal(here.post('/v1/melt/quote/bolt11', { request: invoice, unit: 'sat' }))).toBe(20007);
  });

  it('20008, 20009: a locked mint quote without its signature, or locked to nonsense', async () => {
    const quote = await mintQuote({
      pubkey: `02${'79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798'}`,
    });
    await here.sim.pay(String(quote['request']));
    const body = { quote: quote['quote'], outputs: [output(2)] };
    expect(await refusal(here.post('/v1/mint/bolt11', body))).toBe(20008);
    expect(await refusal(here.post('/v1/mint/bolt11', { ...body, signature: 'ab'.repeat(64) }))).toBe(20008);
    expect((await mintQuote({ pubkey: '02abc' }))['code']).toBe(20009);
  });

  it('11006, 11013: an amount or a unit that is not offered', async () => {
    expect((await mintQuote({ amount: 0 }))['code']).toBe(11006);
    expect((await mintQuote({ unit: 'usd' }))['code']).toBe(11013);
  });

  it.each([
    'not json',
    '[]',
    '{"inputs":"x","outputs":[]}',
    '{"inputs":[{"amount":1.5,"id":"a","secret":"b","C":"c"}],"outputs":[]}',
    '{"inputs":[{"amount":1,"id":"a","secret":{"$gt":""},"C":"c"}],"outputs":[]}',
    '{"inputs":[null],"outputs":[]}',
    '{"inputs":[{"amount":1,"id":"a","secret":"b","C":"02ff"}],"outputs":[]}',
  ])('a body that makes no sense, without harm: %s', async (body) => {
    expect(await refusal(here.post('/v1/swap', body))).toBe(10000);
  });

  it('a body of more than a megabyte', async () => {
    expect((await here.post('/v1/swap', JSON.stringify({ inputs: 'x'.repeat(1_000_001) }))).status).toBe(413);
  });
});
