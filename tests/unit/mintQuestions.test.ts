import { afterEach, describe, expect, it } from '@jest/globals';
import type { MintGateway } from '../../src/services/mint/gateway.ts';
import { createMintDirectory, type MintDirectory } from '../../src/services/mint/mints.ts';
import { createHttpTransport, type Transport } from '../../src/services/mint/transport.ts';
import { type Behaviour, hangUp, json, silence, startTinyMint, type TinyMint } from '../support/tinyMint.ts';
import { until } from '../support/world.ts';

const Y = `02${'ab'.repeat(32)}`;
const output = { B_: Y, keysetId: '00aa', amount: 1n };

/** Answers like a mint, with as little as the readers need. */
const willing: Behaviour = (request, response) => {
  const { url = '' } = request;
  const body = url.endsWith('/info')
    ? { nuts: { 5: { methods: [{ method: 'bolt11', unit: 'sat' }] }, 7: on, 8: on, 9: on } }
    : url.endsWith('/keysets')
      ? { keysets: [] }
      : url.includes('/melt/quote')
        ? { quote: 'q', amount: 1, fee_reserve: 1, state: 'UNPAID' }
        : url.includes('/mint/quote')
          ? { quote: 'q', request: 'lnbc1', state: 'UNPAID' }
          : url.endsWith('/checkstate')
            ? { states: [{ Y, state: 'UNSPENT' }] }
            : { outputs: [], signatures: [] };
  json(body)(request, response);
};
const on = { supported: true };

type Ask = (gateway: MintGateway) => Promise<{ kind: string }>;

/** Everything that may be asked and changes nothing at the mint. */
const questions: [line: string, ask: Ask][] = [
  ['GET /v1/info', (gateway) => gateway.get('info')],
  ['GET /v1/keysets', (gateway) => gateway.get('keysets')],
  ['GET /v1/keys/00aa', (gateway) => gateway.get('keys/00aa')],
  ['GET /v1/melt/quote/bolt11/q', (gateway) => gateway.meltQuote('q')],
  ['GET /v1/mint/quote/bolt11/q', (gateway) => gateway.mintQuote('q')],
  ['POST /v1/checkstate', (gateway) => gateway.proofStates([Y])],
  ['POST /v1/restore', (gateway) => gateway.restore([output])],
];
/** What leaves something at the mint, though no money moves. */
const creations: typeof questions = [
  ['POST /v1/melt/quote/bolt11', (gateway) => gateway.createMeltQuote('lnbc1', 'sat')],
  [
    'POST /v1/mint/quote/bolt11',
    (gateway) => gateway.createMintQuote({ amount: 1n, unit: 'sat', pubkey: null }),
  ],
];
/** What moves money. */
const submissions: typeof questions = [
  ['POST /v1/swap', (gateway) => gateway.submit('swap', '{}')],
  ['POST /v1/melt/bolt11', (gateway) => gateway.submit('melt/bolt11', '{}')],
  ['POST /v1/mint/bolt11', (gateway) => gateway.submit('mint/bolt11', '{}')],
];
const troubles: [what: string, trouble: Behaviour][] = [
  ['hangs up', hangUp],
  ['answers 500', json({ detail: 'oops' }, 500)],
  ['answers 503', json({ detail: 'oops' }, 503)],
  ['answers 429, to come back at once', json({ detail: 'slow down' }, 429, { 'retry-after': '0' })],
];

type Stand = { mint: TinyMint; mints: MintDirectory; gateway: MintGateway };

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A mint, and all that talks to it. */
async function stand(behaviour = willing, mintTimeoutMs = 5_000, meltTimeoutMs = 5_000): Promise<Stand> {
  const mint = await startTinyMint(behaviour);
  const transport = createHttpTransport({
    connectTimeoutMs: 1_000,
    mintUrls: [mint.url],
    privateNetworks: ['127.0.0.1'],
  });
  ends.push(mint.close, transport.close);
  const mints = createMintDirectory([mint.url], transport.carry, {
    mintTimeoutMs,
    meltTimeoutMs,
    paymentsPerMint: 2,
  });
  return { mint, mints, gateway: mints.at(mint.url).gateway };
}

/** Behaves badly so many times, then well. */
function atFirst(times: number, bad: Behaviour): Behaviour {
  let left = times;
  return (request, response) => (left-- > 0 ? bad : willing)(request, response);
}

/** What became of each question, asked of a mint of its own, and how often that was asked. */
async function askEach(list: typeof questions, behaviour: () => Behaviour) {
  const outcomes = await Promise.all(
    list.map(async ([line, ask]) => {
      const { mint, gateway } = await stand(behaviour());
      const { kind } = await ask(gateway);
      expect(new Set(mint.asked)).toEqual(new Set([line]));
      return [line, { kind, times: mint.asked.length }];
    }),
  );
  return Object.fromEntries(outcomes);
}

const all = (list: typeof questions, outcome: { kind: unknown; times: number }) =>
  Object.fromEntries(list.map(([line]) => [line, outcome]));

describe.each(troubles)('when the mint %s', (_what, trouble) => {
  it('what changes nothing there is asked again, twice at most', async () => {
    const outcomes = await askEach(questions, () => atFirst(2, trouble));
    expect(outcomes).toEqual(all(questions, { kind: 'answer', times: 3 }));
  });

  it('for good, a question is given up after three requests', async () => {
    const outcomes = await askEach(questions, () => trouble);
    expect(outcomes).toEqual(all(questions, { kind: 'unreachable', times: 3 }));
  });

  it('a quote is asked for once: the first request may have left something there', async () => {
    const outcomes = await askEach(creations, () => trouble);
    expect(outcomes).toEqual(all(creations, { kind: 'unreachable', times: 1 }));
  });

  it('what moves money is sent exactly once', async () => {
    const outcomes = await askEach(submissions, () => trouble);
    expect(outcomes).toEqual(all(submissions, { kind: expect.stringMatching(/^(lost|reply)$/), times: 1 }));
  });
});

describe('a question', () => {
  it('is not repeated when it was refused', async () => {
    const refusing = json({ code: 10_000, detail: 'no' }, 400);
    const outcomes = await askEach([...questions, ...creations], () => refusing);
    expect(outcomes).toEqual(all([...questions, ...creations], { kind: 'refused', times: 1 }));
  });

  it('that ran into its time limit is not repeated: the limit is for all tries together', async () => {
    const { mint, gateway } = await stand(silence, 400);
    expect(await gateway.proofStates([Y])).toEqual({ kind: 'unreachable' });
    expect(mint.asked).toHaveLength(1);
  });

  it('about a new quote is put again where it never left, since nothing can have come of it', async () => {
    let sent = 0;
    const quote = '{"quote":"q","amount":1,"fee_reserve":1,"state":"UNPAID"}';
    const transport: Transport = async () => {
      sent += 1;
      return sent < 3
        ? { kind: 'lost', reason: 'not_sent' }
        : { kind: 'reply', httpStatus: 200, body: quote };
    };
    const url = 'http://mint.test';
    const mints = createMintDirectory([url], transport, {
      mintTimeoutMs: 5_000,
      meltTimeoutMs: 5_000,
      paymentsPerMint: 2,
    });
    expect((await mints.at(url).gateway.createMeltQuote('lnbc1', 'sat')).kind).toBe('answer');
    expect(sent).toBe(3);
  });

  it('waits as long as a 429 says where that is short, and is given up at once where it is not', async () => {
    const { mint, gateway } = await stand(atFirst(1, json({}, 429, { 'retry-after': '1' })));
    const start = performance.now();
    expect((await gateway.proofStates([Y])).kind).toBe('answer');
    expect(performance.now() - start).toBeGreaterThanOrEqual(1_000);
    mint.behave(json({}, 429, { 'retry-after': '3' }));
    expect((await gateway.proofStates([Y])).kind).toBe('unreachable');
    expect(mint.asked).toHaveLength(3);
    expect((await gateway.proofStates([Y])).kind).toBe('unreachable');
    expect((await gateway.createMeltQuote('lnbc1', 'sat')).kind).toBe('unreachable');
    expect(mint.asked).toHaveLength(3); // left alone, as it wished
    await gateway.submit('swap', '{}');
    expect(mint.asked).toHaveLength(4);
  });
});

describe('a payment that hangs', () => {
  const hangs: Behaviour = (request, response) => {
    if (request.url !== '/v1/melt/bolt11') willing(request, response);
  };

  it('until its time is over says nothing of the mint: the next one is quoted as ever', async () => {
    const { gateway } = await stand(hangs, 5_000, 1_200);
    expect(await gateway.submit('melt/bolt11', '{}')).toEqual({ kind: 'lost', reason: 'timeout' });
    expect(gateway.health().circuit).toBe('closed');
    expect((await gateway.createMeltQuote('lnbc1', 'sat')).kind).toBe('answer');
  });
});

describe('a mint that has stopped answering', () => {
  const newQuote: Ask = (gateway) => gateway.createMeltQuote('lnbc1', 'sat');

  it('lets one request wait; a hundred after it are answered at once', async () => {
    const { mint, gateway } = await stand(silence, 1_000);
    expect(await newQuote(gateway)).toEqual({ kind: 'unreachable' });
    expect(mint.asked).toHaveLength(1);
    const waited = await hundred(async () => {
      const start = performance.now();
      expect(await newQuote(gateway)).toEqual({ kind: 'unreachable' });
      return performance.now() - start;
    });
    // A slow machine may take so long over the hundred that one of them is the next to be let through.
    expect(waited.filter((ms) => ms < 500).length).toBeGreaterThanOrEqual(98);
    expect(mint.asked.length).toBeLessThanOrEqual(3);
    expect(gateway.health().circuit).not.toBe('closed');
  });

  it('and comes back is asked again soon', async () => {
    const { mint, gateway } = await stand(hangUp);
    await gateway.proofStates([Y]);
    expect(gateway.health().circuit).toBe('open');
    mint.behave(willing);
    await until(async () => (await newQuote(gateway)).kind === 'answer', 'a new quote', 3_000);
    expect(gateway.health()).toEqual({ circuit: 'closed', answeredMsAgo: expect.any(Number) });
  });

  it('is still asked about what must be settled, and the first answer opens the way for all', async () => {
    const { mint, gateway } = await stand(hangUp);
    await gateway.proofStates([Y]);
    mint.behave(willing);
    expect((await gateway.meltQuote('q')).kind).toBe('answer');
    expect((await newQuote(gateway)).kind).toBe('answer');
  });
});

describe('what a mint says about itself', () => {
  const asked = (mint: TinyMint, path: string) =>
    mint.asked.filter((line) => line === `GET /v1/${path}`).length;

  it('is asked once for a hundred who want to know at the same time', async () => {
    const { mint, mints } = await stand();
    const { keysets } = mints.at(mint.url);
    await Promise.all([
      hundred(() => mints.describe(mint.url)),
      hundred(() => keysets.list(2_000)),
      hundred(() => keysets.list(0)),
      hundred(() => keysets.keys('00aa')),
    ]);
    expect(mint.asked.toSorted()).toEqual(['GET /v1/info', 'GET /v1/keys/00aa', 'GET /v1/keysets']);
  });

  it('is asked again by who wants it newer, and not by who does not', async () => {
    const { mint, mints } = await stand();
    const { keysets } = mints.at(mint.url);
    await keysets.list(60_000);
    await keysets.list(60_000);
    expect(asked(mint, 'keysets')).toBe(1);
    await keysets.list(0);
    expect(asked(mint, 'keysets')).toBe(2);
  });

  it('is not asked for again at once where it was nonsense', async () => {
    const { mint, mints } = await stand(json(['nonsense']));
    const { keysets } = mints.at(mint.url);
    expect((await hundred(() => keysets.list(0)))[99]).toEqual({ kind: 'nonsense' });
    expect(await keysets.list(0)).toEqual({ kind: 'nonsense' });
    expect(asked(mint, 'keysets')).toBe(1);
    mint.behave(willing);
    await until(async () => (await keysets.list(0)).kind === 'answer', 'the mint asked again', 3_000);
  });

  it('is out of date once it refuses a keyset, also for those who would have been content with less', async () => {
    const { mint, mints } = await stand();
    const { keysets, gateway } = mints.at(mint.url);
    await keysets.list(60_000);
    mint.behave(json({ code: 12_002, detail: 'Keyset is inactive' }, 400));
    await gateway.submit('swap', '{}');
    mint.behave(willing);
    await keysets.list(60_000);
    expect(asked(mint, 'keysets')).toBe(2);
  });

  it('is asked anew because of a keyset that nobody has heard of, once a second at most', async () => {
    const { mint, mints } = await stand();
    const { keysets } = mints.at(mint.url);
    await keysets.list(60_000);
    const start = performance.now();
    let unknown = 0;
    const another = () => {
      unknown += 1;
      return keysets.keys(`00${unknown}`);
    };
    await until(async () => {
      await Promise.all([another(), another()]);
      return asked(mint, 'keysets') > 1;
    }, 'the keysets asked for anew');
    expect(performance.now() - start).toBeGreaterThanOrEqual(950);
    expect(asked(mint, 'keysets')).toBe(2);
  });
});

function hundred<T>(ask: () => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: 100 }, ask));
}
