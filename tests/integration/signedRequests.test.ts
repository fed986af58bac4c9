import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { limit } from '../support/rates.ts';
import { send } from '../support/refusals/wire.ts';
import {
  newSigner,
  nostrHeader,
  publicOrigin,
  type Signer,
  signed,
  signedEvent,
} from '../support/signing.ts';
import { type Instance, type Reply, startWorld, until, type World } from '../support/world.ts';

let world: World;
let second: Instance;
/** The clock of the second instance is this much off. */
let aheadMs = 0;
beforeAll(async () => {
  world = await startWorld({ env: { CRUCIBLE_PUBLIC_ORIGIN: `${publicOrigin}/` } });
  second = await world.instance({ now: () => new Date(Date.now() + aheadMs) }, false);
});
afterAll(() => world.end());

const balanceOf = ({ npub }: Signer) => `/api/wallet/${npub}/balance`;

/** A request with an `Authorization` of its own. */
function ask(
  method: 'GET' | 'POST',
  target: string,
  authorization: string,
  body?: string,
  url = world.url,
): Promise<Reply> {
  return world.call(method, target, body, { authorization }, url);
}

/** An owner who has made a wallet, and nobody else had a part in it. */
async function owner(): Promise<Signer> {
  const signer = newSigner();
  const body = JSON.stringify({ npub: signer.npub });
  const target = '/api/wallet/create';
  const made = await ask('POST', target, signed(signer, { method: 'POST', target, body }), body);
  expect(made.status).toBe(201);
  return signer;
}

const refusal = ({ status, body }: Reply) => ({ status, code: body['code'], detail: body['detail'] });
const refused = (detail: RegExp, status = 401, code = 'UNAUTHENTICATED') => ({
  status,
  code,
  detail: expect.stringMatching(detail),
});

describe('the owner of a Nostr key', () => {
  it('makes the wallet, funds it, pays from it and looks at it with signatures alone', async () => {
    const signer = await owner();
    const at = `/api/wallet/${signer.npub}`;
    const post = (path: string, body: object) => {
      const [target, text] = [`${at}${path}`, JSON.stringify(body)];
      return ask('POST', target, signed(signer, { method: 'POST', target, body: text }), text);
    };
    const asked = await post('/mint', { amount: 200 });
    await world.sim.pay(String(asked.body['invoice']));
    const complete = () => post('/mint/complete', { quoteId: asked.body['quote'] });
    await until(async () => (await complete()).status === 200, 'the wallet funded');
    const { invoice } = await world.sim.invoice({ amount: 50 });
    const paid = await post('/melt', { invoice });
    expect([paid.status, paid.body['paidAmount']]).toEqual([200, 50]);
    const target = `${at}/melt/${String(paid.body['transactionId'])}`;
    const status = await ask('GET', target, signed(signer, { method: 'GET', target }));
    expect(status.body['status']).toBe('PAID');
  });

  it('opens no other wallet and makes none for others', async () => {
    const [signer, other] = [await owner(), await owner()];
    const target = balanceOf(other);
    expect(refusal(await ask('GET', target, signed(signer, { method: 'GET', target })))).toEqual(
      refused(/another wallet/, 403, 'FORBIDDEN'),
    );
    const [create, body] = ['/api/wallet/create', JSON.stringify({ npub: newSigner().npub })];
    const made = await ask('POST', create, signed(signer, { method: 'POST', target: create, body }), body);
    expect(refusal(made)).toEqual(refused(/may not create a wallet for this npub/, 403, 'FORBIDDEN'));
  });
});

describe('an event', () => {
  it('is good once, of many instances asked at once exactly one takes it', async () => {
    const signer = await owner();
    const target = balanceOf(signer);
    for (let round = 0; round < 5; round += 1) {
      const authorization = signed(signer, { method: 'GET', target });
      const replies = await Promise.all(
        Array.from({ length: 12 }, (_, n) =>
          ask('GET', target, authorization, undefined, [world.url, second.url][n % 2]),
        ),
      );
      const statuses = replies.map(({ status }) => status).sort();
      expect(statuses).toEqual([200, ...Array.from({ length: 11 }, () => 401)]);
      expect(replies.map(refusal)).toContainEqual(refused(/was used before.*nonce/));
    }
  });

  it('is not used up by somebody who only has its id, nor by a refusal before its route', async () => {
    const signer = await owner();
    const target = `/api/wallet/${signer.npub}/mint`;
    const body = '{"amount":1}';
    const event = signedEvent(signer, { method: 'POST', target, body });
    const forged = { ...event, sig: signedEvent(newSigner(), { method: 'POST', target }).sig };
    expect((await ask('POST', target, nostrHeader(forged), body)).status).toBe(401);
    expect((await ask('POST', target, nostrHeader(event), '{"amount":2}')).status).toBe(401);
    expect((await ask('POST', target, nostrHeader(event), '{"amount":')).status).toBe(400);
    expect((await ask('POST', target, nostrHeader(event), body)).status).toBe(201);
    expect((await ask('POST', target, nostrHeader(event), body)).status).toBe(401);
  });

  it('replayed by somebody else uses up nothing of what its signer may do', async () => {
    const signer = await owner();
    const limited = await startWorld({
      env: {
        CRUCIBLE_PUBLIC_ORIGIN: publicOrigin,
        CRUCIBLE_RATE_LIMIT: 'on',
        CRUCIBLE_TRUSTED_PROXIES: 'loopback',
      },
    });
    try {
      await limit('npub', 2, [limited]);
      const target = balanceOf(signer);
      const asked = (authorization: string) => ask('GET', target, authorization, undefined, limited.url);
      const first = signed(signer, { method: 'GET', target });
      expect((await asked(first)).status).toBe(404);
      for (let times = 0; times < 3; times += 1)
        expect(refusal(await asked(first))).toEqual(refused(/was used before/));
      expect((await asked(signed(signer, { method: 'GET', target }))).status).toBe(404);
    } finally {
      await limited.end();
    }
  });

  it('is remembered by the database’s own clock, and for longer than any event is good', async () => {
    const signer = await owner();
    const target = balanceOf(signer);
    const event = signedEvent(signer, {
      method: 'GET',
      target,
      at: Math.floor((Date.now() - 30_000) / 1_000),
    });
    aheadMs = -40_000;
    const before = Date.now() - 5_000;
    expect((await ask('GET', target, nostrHeader(event), undefined, second.url)).status).toBe(200);
    aheadMs = 0;
    expect((await ask('GET', target, nostrHeader(event))).status).toBe(401);
    const { signedRequests } = world.context.database;
    const used = await signedRequests.findById(event.id).lean();
    expect(used?.used_at.getTime()).toBeGreaterThan(before);
    const [index] = signedRequests.schema.indexes().map(([, options]) => options);
    expect(Number(index?.expireAfterSeconds)).toBeGreaterThan(120);
  });

  it.each([
    ['behind', -75, /created_at is 7[567] s behind the clock of this server, and 60 s are allowed/],
    ['ahead', 75, /created_at is 7[3-5] s ahead of the clock/],
  ])(
    'whose clock is %s is refused, and the refusal says how far it is off',
    async (_way, seconds, detail) => {
      const signer = await owner();
      const target = balanceOf(signer);
      const at = Math.floor(Date.now() / 1_000) + seconds;
      expect(refusal(await ask('GET', target, signed(signer, { method: 'GET', target, at })))).toEqual(
        refused(detail),
      );
    },
  );

  it('is for one address: the path as it was sent, the query, the origin, and nothing else that says who we are', async () => {
    const signer = await owner();
    const target = balanceOf(signer);
    const reply = (u: string, asked = target, headers = {}) =>
      world.call('GET', asked, undefined, {
        authorization: signed(signer, { method: 'GET', target, tags: { u } }),
        ...headers,
      });
    expect((await reply(`${publicOrigin}${target}?a=1`, `${target}?a=1`)).status).toBe(200);
    const wrong: [string, string?, object?][] = [
      [`${publicOrigin}${target}`, `${target}?a=1`],
      [`${publicOrigin}${target}?a=1`],
      [`${publicOrigin}${target}/`],
      [`${publicOrigin}${target}`, `${target}/`],
      [`${publicOrigin}${target}`, target.replace('npub1', '%6epub1')],
      [`${publicOrigin}:443${target}`],
      [`${publicOrigin.toUpperCase()}${target}`],
      [`http://crucible.test${target}`],
      [`${world.url}${target}`],
      [
        `https://evil.test${target}`,
        target,
        { 'x-forwarded-host': 'evil.test', 'x-forwarded-proto': 'https' },
      ],
      ['not an address'],
    ];
    for (const [u, asked, headers] of wrong)
      expect({ u, ...refusal(await reply(u, asked, headers)) }).toEqual({
        u,
        ...refused(/its tag u must be/),
      });
    const host = await send(world.url, {
      method: 'GET',
      path: target,
      headers: {
        host: 'evil.test',
        authorization: signed(signer, { method: 'GET', target, origin: 'http://evil.test' }),
      },
    });
    expect(host.status).toBe(401);
  });

  it('is for one method', async () => {
    const signer = await owner();
    const target = balanceOf(signer);
    const head = (method: string) =>
      fetch(world.url + target, {
        method: 'HEAD',
        headers: { authorization: signed(signer, { method, target }) },
      });
    expect((await head('GET')).status).toBe(401);
    expect((await head('HEAD')).status).toBe(200);
    expect((await ask('GET', target, signed(signer, { method: 'get', target }))).status).toBe(200);
  });

  it('binds the bytes of the body: not its meaning, and not that there is none', async () => {
    const signer = await owner();
    const target = `/api/wallet/${signer.npub}/melt/quote`;
    const said = '{"invoice":"lnbc1"}';
    const reply = (payload: string | null, body?: string) =>
      ask('POST', target, signed(signer, { method: 'POST', target, body: said, tags: { payload } }), body);
    const sha =
      signedEvent(signer, { method: 'POST', target, body: said }).tags.find(
        ([name]) => name === 'payload',
      )?.[1] ?? '';
    expect((await reply(sha, said)).body['code']).toBe('INVALID_INVOICE');
    for (const [payload, body] of [
      [sha, '{"invoice": "lnbc1"}'],
      [sha, undefined],
      [sha.toUpperCase(), said],
      ['', said],
    ] as const)
      expect(refusal(await reply(payload, body))).toEqual(refused(/payload must be the SHA-256/));
    expect(refusal(await reply(null, said))).toEqual(refused(/no tag payload, and the request has a body/));
  });

  it('with a tag twice is refused, whichever of the two is right', async () => {
    const signer = await owner();
    const target = balanceOf(signer);
    for (const again of [
      ['u', `${publicOrigin}${target}`],
      ['u', 'https://evil.test/'],
      ['method', 'GET'],
      ['payload', 'x'],
    ]) {
      const [name = ''] = again;
      const moreTags = name === 'payload' ? [again, again] : [again];
      const answer = await ask('GET', target, signed(signer, { method: 'GET', target, moreTags }));
      expect(refusal(answer)).toEqual(refused(new RegExp(`its tag ${name} must occur once`)));
    }
  });
});

describe('a server that does not know its public address', () => {
  it('takes no signature, and says what its operator has to set', async () => {
    const signer = await owner();
    const plain = await startWorld();
    try {
      const target = balanceOf(signer);
      const authorization = signed(signer, { method: 'GET', target, origin: plain.url });
      expect(refusal(await plain.call('GET', target, undefined, { authorization }))).toEqual(
        refused(/CRUCIBLE_PUBLIC_ORIGIN/),
      );
    } finally {
      await plain.end();
    }
  });
});
