import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { garbledProof, issuePath, retold } from '../support/liar.ts';
import { expectBalancedBooks } from '../support/money.ts';
import {
  answer,
  gets,
  lost,
  mintingIn,
  openReports,
  posts,
  relisted,
  type Tale,
  tellingMint,
} from '../support/tellingMint.ts';
import { type TestWallet, until, untilLater, type World } from '../support/world.ts';

const minuteMs = 60_000;

let world: World;
let mint: ReturnType<typeof tellingMint>;
beforeEach(async () => {
  mint = tellingMint();
  world = await mint.start();
});
afterEach(() => world.end());

const minting = () => mintingIn(world);

/** Time passes in steps that are longer than a wait between two looks, and each sees one look. */
async function passing(steps: number, stepMs = 13 * minuteMs): Promise<void> {
  for (let step = 0; step < steps; step += 1) {
    const { due_at } = await minting();
    mint.jump(stepMs);
    const isLookedAt = async () => (await minting()).due_at.getTime() > due_at.getTime();
    await until(isLookedAt, 'a look');
  }
}

async function invoiced(): Promise<{ wallet: TestWallet; quote: unknown; pay: () => Promise<void> }> {
  const wallet = await world.wallet();
  const { body } = await world.call('POST', `${wallet.at}/mint`, { amount: 100 });
  const pay = async () => {
    await world.sim.pay(String(body['invoice']));
  };
  return { wallet, quote: body['quote'], pay };
}

const toldOf = () => openReports(world, 'MINTING_HELD_UP');
const summary = async () =>
  (await world.context.database.reports.findOne({ code: 'MINTING_HELD_UP' }).lean())?.summary;

/** Whatever it was that held it up, the mint comes right. */
async function comesRight(wallet: TestWallet): Promise<void> {
  mint.tale = null;
  await untilLater(
    () => mint.jump(minuteMs),
    async () => (await wallet.balance())['totalBalance'] === 100,
    'the credit',
  );
  await until(async () => (await toldOf()) === 0, 'the report being closed');
  await expectBalancedBooks(world);
}

describe('a mint that was paid an hour ago and has issued nothing is reported, whatever the obstacle', () => {
  it('it refuses, and a client that asks again and again leaves the worker no turn', async () => {
    const { wallet, quote, pay } = await invoiced();
    mint.tale = (request) =>
      posts(request, issuePath) ? answer(400, { code: 20003, detail: 'Minting is disabled' }) : undefined;
    await pay();
    await until(async () => (await minting()).state === 'issuing', 'the first request');
    const asking = async (times: number) => {
      for (let time = 0; time < times; time += 1) {
        mint.jump(minuteMs / 2);
        await world.call('POST', `${wallet.at}/mint/complete`, { quoteId: quote });
      }
    };
    await asking(110);
    expect(await toldOf()).toBe(0);
    await asking(30); // by now the timeline has forgotten when the state was entered
    expect(await toldOf()).toBe(1);
    expect(await summary()).toContain('HTTP 400');
    await comesRight(wallet);
  });

  it('no request to issue is ever answered', async () => {
    const { wallet, pay } = await invoiced();
    mint.tale = (request) =>
      posts(request, issuePath) ? Promise.resolve({ kind: 'lost', reason: 'redirect' }) : undefined;
    await pay();
    await until(async () => (await minting()).state === 'issuing', 'the first request');
    await passing(4);
    expect(await toldOf()).toBe(0);
    await passing(2);
    expect(await toldOf()).toBe(1);
    expect(await summary()).toContain('redirect');
    await comesRight(wallet);
  });

  it('it never tells what it has signed', async () => {
    const { wallet, pay } = await invoiced();
    const isAsked = () => mint.sent.some((request) => posts(request, issuePath));
    mint.tale = (request, carry) => {
      if (posts(request, issuePath)) return carry().then(lost);
      return posts(request, '/v1/restore') && isAsked() ? answer(200, {}) : undefined;
    };
    await pay();
    await until(async () => (await minting()).state === 'issuing', 'the first request');
    await passing(6);
    expect(await toldOf()).toBe(1);
    expect(await summary()).toContain('UNREACHABLE');
    await comesRight(wallet);
  });

  it('it lists no active keyset, and every other look sees nonsense of the quote', async () => {
    const { wallet, pay } = await invoiced();
    let isNonsense = false;
    mint.tale = (request, carry) => {
      if (gets(request, '/v1/keysets'))
        return relisted(carry, (keysets) => keysets.map((keyset) => ({ ...keyset, active: false })));
      return isNonsense && request.url.includes('/v1/mint/quote/') ? answer(200, {}) : undefined;
    };
    const before = mint.sent.length;
    await pay();
    const isSeen = async () => mint.sent.slice(before).some((request) => gets(request, '/v1/keysets'));
    await until(isSeen, 'the payment being seen');
    for (let look = 0; look < 6; look += 1) {
      await passing(1);
      isNonsense = !isNonsense;
    }
    expect(await minting()).toMatchObject({ state: 'awaiting_payment', attempts: [] });
    expect(await toldOf()).toBe(1);
    await comesRight(wallet);
  });
});

const point = '02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5';
type Output = { amount: number; id: string };

/** Signs badly when asked to issue, and says at every other question that it has signed nothing. */
const denies: Tale = (request, carry) => {
  if (posts(request, '/v1/restore')) return answer(200, { outputs: [], signatures: [] });
  if (request.url.includes('/v1/mint/quote/'))
    return retold(carry, (body) => Object.assign(body, { state: 'PAID' }));
  if (!posts(request, issuePath)) return undefined;
  const { outputs }: { outputs: Output[] } = JSON.parse(request.body ?? '');
  const signatures = outputs.map(({ amount, id }) => ({ amount, id, C_: point, dleq: garbledProof }));
  return answer(200, { signatures });
};

/** Has signed, its answer is lost, and what it shows of it does not verify, always. */
const signsBadly: Tale = (request, carry) => {
  if (posts(request, issuePath)) return carry().then(lost);
  if (!posts(request, '/v1/restore')) return undefined;
  return retold(carry, ({ signatures = [] }) => {
    for (const signature of signatures) signature.dleq = garbledProof;
  });
};

const refuses: Tale = (request, carry) =>
  posts(request, issuePath) ? answer(400, { code: 20003, detail: 'disabled' }) : denies(request, carry);

/** Shows good signatures, and does not say whether their ecash is spent. */
const saysNotWhatIsSpent: Tale = (request) =>
  posts(request, '/v1/checkstate') ? answer(200, {}) : undefined;

const makesNoSense: Tale = (request) =>
  posts(request, '/v1/restore') || request.url.includes('/v1/mint/quote/') ? answer(200, {}) : undefined;

describe('a mint whose signatures do not verify: a person is called once that has lasted an hour', () => {
  const badlySigned = () => openReports(world, 'SIGNATURES_DO_NOT_VERIFY');
  const called = () => openReports(world, 'CRITICAL_MINT_FAILURE');

  async function paidWhile(tale: Tale): Promise<TestWallet> {
    const { wallet, pay } = await invoiced();
    mint.tale = tale;
    await pay();
    await until(async () => (await minting()).state === 'issuing', 'the first request');
    return wallet;
  }

  it('an hour in which it denied having signed counts for nothing', async () => {
    await paidWhile(denies);
    await passing(6);
    expect([await toldOf(), await badlySigned()]).toEqual([1, 0]);
    mint.tale = signsBadly;
    await passing(5);
    expect([await badlySigned(), await called()]).toEqual([1, 0]);
    expect(await minting()).toMatchObject({ state: 'issuing' });
    const isStopped = async () => (await minting()).state === 'needs_attention';
    await untilLater(() => mint.jump(minuteMs), isStopped, 'the alarm');
    expect(await called()).toBe(1);
  });

  it('nor does what was before a time in which it made no sense', async () => {
    const wallet = await paidWhile(signsBadly);
    await until(async () => (await badlySigned()) === 1, 'the report');
    mint.tale = makesNoSense;
    await passing(5);
    mint.tale = signsBadly;
    await passing(2);
    expect(await called()).toBe(0);
    await comesRight(wallet);
  });

  it.each([
    ['it had signed nothing, and signed badly', denies],
    ['it had signed nothing, and refused', refuses],
    ['its signatures were good', saysNotWhatIsSpent],
  ])('nor what was before a look in which %s', async (_what, tale) => {
    const wallet = await paidWhile(signsBadly);
    await passing(5, 9 * minuteMs);
    mint.tale = tale;
    await passing(1, 9 * minuteMs);
    mint.tale = signsBadly;
    await passing(3, 9 * minuteMs);
    expect(await badlySigned()).toBe(1);
    expect(await called()).toBe(0);
    await comesRight(wallet);
  });
});
