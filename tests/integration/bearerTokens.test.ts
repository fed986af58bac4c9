import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { dump } from '../support/money.ts';
import { newSigner, publicOrigin, type Signer, signed } from '../support/signing.ts';
import { type Instance, type Reply, startWorld, type World } from '../support/world.ts';

let world: World;
let second: Instance;
/** The clocks of both instances are this much ahead. */
let aheadMs = 0;
beforeAll(async () => {
  const now = () => new Date(Date.now() + aheadMs);
  world = await startWorld({ env: { CRUCIBLE_PUBLIC_ORIGIN: publicOrigin }, overrides: { now } });
  second = await world.instance({ now }, false);
});
afterAll(() => world.end());

const target = '/api/auth/token';

function tokenFor(signer: Signer, body?: string): Promise<Reply> {
  const at = Math.floor((Date.now() + aheadMs) / 1_000);
  const authorization = signed(signer, { method: 'POST', target, body, at });
  return world.call('POST', target, body, { authorization });
}

const balance = (npub: string, token: unknown, url = world.url) =>
  world.call(
    'GET',
    `/api/wallet/${npub}/balance`,
    undefined,
    { authorization: `Bearer ${String(token)}` },
    url,
  );

describe('a token for a signed request', () => {
  it('opens the signer’s wallet on every instance for five minutes, and nothing else', async () => {
    const signer = newSigner();
    const wallet = await world.walletOf(signer.npub);
    const { status, headers, body } = await tokenFor(signer);
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        success: true,
        token: expect.stringMatching(/^crt_[0-9a-f]{16}_[\w-]{43}$/),
        npub: signer.npub,
        scopes: ['wallet:read', 'wallet:write', 'wallet:melt'],
        expiresAt: expect.any(String),
      },
    });
    expect(headers.get('cache-control')).toBe('no-store');
    const lastsMs = Date.parse(String(body['expiresAt'])) - Date.now();
    expect(lastsMs).toBeGreaterThan(4 * 60_000);
    expect(lastsMs).toBeLessThanOrEqual(5 * 60_000);

    for (const url of [world.url, second.url])
      expect((await balance(signer.npub, body['token'], url)).status).toBe(200);
    const authorization = `Bearer ${String(body['token'])}`;
    expect((await world.call('POST', `${wallet.at}/mint`, { amount: 5 }, { authorization })).status).toBe(
      201,
    );
    expect((await balance(newSigner().npub, body['token'])).status).toBe(403);
    expect(await world.call('POST', target, undefined, { authorization })).toMatchObject({
      status: 403,
      body: { code: 'FORBIDDEN', detail: expect.stringMatching(/signed by the owner/) },
    });

    aheadMs = 5 * 60_000;
    const late = await balance(signer.npub, body['token'], second.url);
    aheadMs = 0;
    expect([late.status, late.body['detail']]).toEqual([
      401,
      expect.stringMatching(/POST \/api\/auth\/token/),
    ]);
  });

  it('takes no body but an empty object', async () => {
    expect((await tokenFor(newSigner(), '{}')).status).toBe(200);
    expect((await tokenFor(newSigner(), '{"lastsMs":1}')).body['code']).toBe('VALIDATION_ERROR');
  });

  it('is stored as a hash, and one that is revoked opens nothing while another still does', async () => {
    const signer = newSigner();
    await world.walletOf(signer.npub);
    const tokens = [await tokenFor(signer), await tokenFor(signer)].map(({ body }) => String(body['token']));
    const everything = await dump(world);
    for (const token of tokens) expect(everything).not.toContain(token.slice(-43));
    const [leaked = '', kept] = tokens;
    expect(await second.context.services.bearerTokens.revoke(leaked.slice(4, 20))).toBe(true);
    expect([(await balance(signer.npub, leaked)).status, (await balance(signer.npub, kept)).status]).toEqual([
      401, 200,
    ]);
    const [id, secret] = [leaked.slice(0, 21), String(kept).slice(21)];
    expect((await balance(signer.npub, id + secret)).status).toBe(401);
    expect((await balance(signer.npub, String(kept).replace('crt_', 'crk_'))).status).toBe(401);
  });
});
