import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { WebSocket } from 'ws';
import { startWorld, until } from '../../simulator/testing.ts';

/** Real curve math, on machines that may be busy. */
jest.setTimeout(30_000);

let world: Awaited<ReturnType<typeof startWorld>> | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

type Message = { id?: number; error?: unknown; params?: { subId: string; payload: Record<string, unknown> } };

/** A client of NUT-17 that keeps what it hears. */
async function listener(url: string) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/ws`);
  const heard: Message[] = [];
  socket.on('message', (data) => heard.push(JSON.parse(data.toString())));
  await new Promise((resolve) => socket.once('open', resolve));
  const send = (method: string, params: unknown) =>
    socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }));
  return {
    send,
    heard,
    states: (subId: string) =>
      heard.flatMap(({ params }) => (params?.subId === subId ? [params.payload['state']] : [])),
  };
}

describe('subscriptions at /v1/ws', () => {
  it('tell the present state first, then every change of quotes and proofs', async () => {
    world = await startWorld();
    const { wallet, sim, url } = world;
    const client = await listener(url);
    const mintQuote = await wallet.createMintQuoteBolt11(60);
    client.send('subscribe', { kind: 'bolt11_mint_quote', subId: 'mint', filters: [mintQuote.quote] });
    await until(async () => client.states('mint').length === 1);
    await sim.pay(mintQuote.request);
    const proofs = await wallet.mintProofsBolt11(60, mintQuote.quote);

    const { invoice, paymentHash } = await sim.invoice({ amount: 50, behaviour: 'pending' });
    const meltQuote = await wallet.createMeltQuoteBolt11(invoice);
    const [proof] = await wallet.checkProofsStates(proofs);
    client.send('subscribe', { kind: 'bolt11_melt_quote', subId: 'melt', filters: [meltQuote.quote] });
    client.send('subscribe', { kind: 'proof_state', subId: 'proof', filters: [proof?.Y] });
    await wallet.meltProofsBolt11(meltQuote, proofs);
    await sim.settle(paymentHash, 'paid');

    await until(async () => client.states('proof').length === 3 && client.states('melt').length === 3);
    expect(client.states('mint')).toEqual(['UNPAID', 'PAID', 'ISSUED']);
    expect(client.states('melt')).toEqual(['UNPAID', 'PENDING', 'PAID']);
    expect(client.states('proof')).toEqual(['UNSPENT', 'PENDING', 'SPENT']);
  });

  it('end when unsubscribed, and refuse what they do not know', async () => {
    world = await startWorld();
    const client = await listener(world.url);
    client.send('subscribe', { kind: 'bolt11_mint_quote', subId: 'a', filters: ['nobody knows it'] });
    client.send('subscribe', { kind: 'weather', subId: 'b', filters: [] });
    await until(async () => client.heard.length === 2);
    expect(client.heard.every(({ error }) => error !== undefined)).toBe(true);
    const quote = await world.wallet.createMintQuoteBolt11(1);
    client.send('subscribe', { kind: 'bolt11_mint_quote', subId: 'c', filters: [quote.quote] });
    client.send('unsubscribe', { subId: 'c' });
    await until(async () => client.heard.length === 5);
    await world.sim.pay(quote.request);
    expect(client.states('c')).toEqual(['UNPAID']);
  });
});
