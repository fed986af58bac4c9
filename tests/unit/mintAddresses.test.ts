import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { ConnectorOptions } from '../../src/services/mint/guardedConnector.ts';
import { createHttpTransport, type Transport } from '../../src/services/mint/transport.ts';
import { json, startTinyMint, type TinyMint } from '../support/tinyMint.ts';

const notSent = { kind: 'lost', reason: 'not_sent' };
const answered = { kind: 'reply', httpStatus: 200 };

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** The mint of a test, under a name that its resolver knows. */
async function stand(options: Partial<ConnectorOptions> = {}, hostname = 'mint.example') {
  const mint = await startTinyMint(json({ ok: true }));
  const url = `http://${hostname}:${new URL(mint.url).port}`;
  const refused: [string, readonly string[]][] = [];
  const transport = createHttpTransport({
    connectTimeoutMs: 2_000,
    mintUrls: [url],
    privateNetworks: [],
    sentry: { refused: (...what) => refused.push(what), connected: () => undefined },
    ...options,
  });
  ends.push(mint.close, transport.close);
  return { mint, url, refused, ask: () => ask(transport.carry, url) };
}

const ask = (carry: Transport, url: string) =>
  carry({ method: 'POST', url: `${url}/v1/swap`, body: '{}', timeoutMs: 5_000, lane: 'short' });

/** A resolver that says one thing after the other, and the last for ever. Counts how often it was asked. */
function saying(...answers: string[][]) {
  const all = answers.map((some) =>
    some.map((address): LookupAddress => ({ address, family: address.includes(':') ? 6 : 4 })),
  );
  let asked = 0;
  const lookup: LookupFunction = (_hostname, _options, done) => {
    const answer = all[Math.min(asked, all.length - 1)] ?? [];
    asked += 1;
    setImmediate(() => done(null, answer));
  };
  return { lookup, asked: () => asked };
}

const untouched = (mint: TinyMint) => expect([mint.connections(), mint.asked]).toEqual([0, []]);

describe('a mint is not called', () => {
  it('where its address itself is loopback: no request leaves, and people are told where it was', async () => {
    const { mint, url, refused, ask } = await stand({}, '127.0.0.1');
    expect(await ask()).toEqual(notSent);
    untouched(mint);
    expect(refused).toEqual([[url, ['127.0.0.1']]]);
  });

  it.each(['[::1]', '[::ffff:127.0.0.1]', '0x7f.1', '2130706433', '0'])(
    'at %s either, which is the same',
    async (host) => {
      const { mint, refused, ask } = await stand({}, host);
      expect(await ask()).toEqual(notSent);
      untouched(mint);
      expect(refused).toHaveLength(1);
    },
  );

  it('where the system resolves its name to loopback', async () => {
    const { mint, ask, refused } = await stand({}, 'localhost');
    expect(await ask()).toEqual(notSent);
    untouched(mint);
    expect(refused).toEqual([
      [expect.any(String), expect.arrayContaining([expect.stringMatching(/^(127\.0\.0\.1|::1)$/)])],
    ]);
  });

  it('where its name leads to several places, none of which may be called', async () => {
    const { lookup } = saying(['127.0.0.1', '169.254.169.254', '::ffff:127.0.0.1']);
    const { mint, ask, refused } = await stand({ lookup });
    expect(await ask()).toEqual(notSent);
    untouched(mint);
    expect(refused[0]?.[1]).toEqual(['127.0.0.1', '169.254.169.254', '::ffff:127.0.0.1']);
  });

  it('over TLS, either', async () => {
    const mint = await startTinyMint();
    const url = `https://mint.example:${new URL(mint.url).port}`;
    const { lookup } = saying(['127.0.0.1']);
    const transport = createHttpTransport({
      connectTimeoutMs: 2_000,
      mintUrls: [url],
      privateNetworks: [],
      lookup,
    });
    ends.push(mint.close, transport.close);
    expect(await ask(transport.carry, url)).toEqual(notSent);
    untouched(mint);
  });

  it('where nobody has configured it, whatever its address', async () => {
    const { mint } = await stand({}, '127.0.0.1');
    const { carry, close } = createHttpTransport({
      connectTimeoutMs: 2_000,
      mintUrls: ['https://mint.example/Bitcoin', 'http://127.0.0.1:1'],
      privateNetworks: ['127.0.0.1'],
    });
    ends.push(close);
    const places = [
      mint.url,
      'http://mint.example',
      'https://mint.example:444',
      'https://mint.example@127.0.0.1',
    ];
    for (const url of places) await expect(ask(carry, url)).rejects.toThrow(/not a configured mint/);
    untouched(mint);
  });
});

describe('a name that means one thing when it is checked and another when it is used', () => {
  // 127.0.0.1 stands for a public address here: the only place where a test can have a mint. 127.0.0.2 is not allowed.
  const options = { privateNetworks: ['127.0.0.1'] };

  it('gets no second chance: the first connection goes where it may, the second nowhere', async () => {
    const { lookup, asked } = saying(['127.0.0.1'], ['127.0.0.2']);
    const { mint, ask, refused } = await stand({ ...options, lookup });
    mint.behave(json({ ok: true }, 200, { connection: 'close' }));
    expect(await ask()).toMatchObject(answered);
    expect(asked()).toBe(1); // what was checked is what was connected to: nobody asked again
    expect(await ask()).toEqual(notSent);
    expect(asked()).toBe(2);
    expect(mint.asked).toHaveLength(1);
    expect(refused).toEqual([[expect.any(String), ['127.0.0.2']]]);
  });

  it('and leads to a public and a private place at once, leads to the public one alone', async () => {
    const { lookup } = saying(['127.0.0.2', '127.0.0.1', '::1', '10.0.0.1']);
    const { mint, ask, refused } = await stand({ ...options, lookup });
    for (let round = 0; round < 5; round += 1) expect(await ask()).toMatchObject(answered);
    expect(mint.asked).toHaveLength(5);
    expect(refused).toEqual([]);
    // Nobody listens at the public one any more: the private one, where somebody does, is not the next to be tried.
    const elsewhere = await stand({
      lookup: saying(['192.0.2.1', '127.0.0.1']).lookup,
      privateNetworks: ['192.0.2.1'],
      connectTimeoutMs: 300,
    });
    expect(await elsewhere.ask()).toEqual(notSent);
    untouched(elsewhere.mint);
  });
});

it('a connection that leads elsewhere than was asked for is hung up on', async () => {
  // A resolver that answers the question for one address with another text of the same form.
  const lookup: LookupFunction = (_hostname, _options, done) => {
    let reads = 0;
    const shifty = {
      family: 4,
      get address() {
        reads += 1;
        return reads === 1 ? '8.8.8.8' : '127.0.0.1';
      },
    };
    done(null, [shifty]);
  };
  const { mint, ask, refused } = await stand({ lookup });
  expect(await ask()).toEqual(notSent);
  expect(mint.asked).toEqual([]);
  expect(refused).toEqual([[expect.any(String), ['127.0.0.1']]]);
});
