import { expect } from '@jest/globals';
import type { FaultWish } from '../../../../simulator/client.ts';
import { outside, proofsOf } from '../../money.ts';
import { oldTokenOf, proofsIn, sendToken, tokensOf } from '../../tokens.ts';
import { type TestWallet, until } from '../../world.ts';
import type { RefusalCase } from '../cases.ts';
import type { Stage } from '../stage.ts';

const swapPath = '/v1/swap';
const stranger = '82341f882b6eabcd2ba7f1ef90aad961cf074af15b9ef44a09f9d2a8fbfbe6a2';

const receive = (stage: Stage, wallet: TestWallet, encodedToken: string, headers = {}) =>
  stage.post(`${wallet.at}/receive`, { encodedToken }, headers);

/** A token that somebody else has made, and their wallet. */
async function token(stage: Stage, amount = 64, more: object = {}) {
  const giver = await stage.world.wallet(amount * 2);
  return { giver, ...(await sendToken(stage.world, giver, amount, more)) };
}

/** What the mint, or the books, say of a token: of one that is good in itself. */
const told = (
  refusal: Pick<RefusalCase, 'code' | 'what' | 'says'> & Partial<RefusalCase>,
  spoil: (stage: Stage, text: string) => Promise<string | undefined>,
): RefusalCase => {
  let out: Awaited<ReturnType<typeof token>> | undefined;
  return {
    ...refusal,
    async provoke(stage) {
      out = await token(stage);
      const text = (await spoil(stage, out.text)) ?? out.text;
      await stage.arranged();
      return receive(stage, stage.wallet, text);
    },
    async afterwards(stage, answer) {
      await refusal.afterwards?.(stage, answer);
      if (out === undefined) return;
      const { giver, id } = out;
      const back = await tokensOf(stage.world, giver).reclaim(id);
      // That somebody has it is written down a moment later, and must not be taken for a doing of the next case.
      if (back.body['code'] === 'TOKEN_CLAIMED')
        await until(
          async () => (await tokensOf(stage.world, giver).sent(id)).body['state'] === 'claimed',
          'the claim noticed',
        );
    },
  };
};

/** Nothing could be made of it. */
const malformed = (what: string, encodedToken: string, says: RegExp): RefusalCase => ({
  code: 'TOKEN_INVALID',
  what,
  provoke: (stage) => receive(stage, stage.wallet, encodedToken),
  says,
});

const asItWas = /Nothing was done, and the token is as it was; ask its sender for another one\.$/;

const invalid: RefusalCase[] = [
  malformed('what is no token', 'lnbc1', asItWas),
  malformed('a token that was cut off', 'cashuBo2F0gaJhaUgA', asItWas),
  told(
    { code: 'TOKEN_INVALID', what: 'a token of another mint', says: /of another mint/ },
    async (stage, text) => oldTokenOf('https://elsewhere.example', await proofsIn(stage.world, text)),
  ),
  told(
    { code: 'TOKEN_INVALID', what: 'a token whose DLEQ proof is wrong', says: /has not signed it/ },
    async (stage, text) => {
      const [first] = await proofsIn(stage.world, text);
      if (first?.dleq === undefined) throw new Error('a token without DLEQ');
      const dleq = { ...first.dleq, e: '11'.repeat(32) };
      const entry = { ...first, amount: Number(first.amount), dleq };
      const json = { token: [{ mint: stage.world.env.MINT_URL, proofs: [entry] }], unit: 'sat' };
      return `cashuA${Buffer.from(JSON.stringify(json)).toString('base64url')}`;
    },
  ),
];

const received: RefusalCase[] = [
  told(
    {
      code: 'TOKEN_SPENT',
      what: 'a token that somebody else has received',
      says: /spent already.*Nothing was received/,
      members: { spentAmount: 64 },
    },
    async (stage, text) => {
      await tokensOf(stage.world, await stage.world.wallet()).receive(text);
      return undefined;
    },
  ),
  partlySpent(),
  told(
    {
      code: 'TOKEN_PENDING',
      what: 'a token that the mint holds in another payment',
      says: /in a payment that is under way.*Nothing was done/,
      retryable: true,
    },
    async (stage, text) => {
      const held = (await proofsIn(stage.world, text)).map(({ secret, amount, id }) => ({
        secret,
        id,
        amount: Number(amount),
      }));
      await stage.world.sim.holdOutside(held);
      return undefined;
    },
  ),
  {
    code: 'TOKEN_LOCKED',
    what: 'a token that is locked to somebody else',
    async provoke(stage) {
      const { text } = await token(stage, 16, { recipientPubkey: stranger, locktime: farOff() });
      await stage.arranged();
      return receive(stage, stage.wallet, text);
    },
    says: /locked to a key.*Nothing was done/,
  },
  {
    code: 'TOKEN_ALREADY_HELD',
    what: 'ecash that is in the wallet',
    async provoke(stage) {
      const own = await proofsOf(stage.world, stage.wallet.npub);
      const proofs = own.map(({ keysetId, amount, secret, C }) => ({
        id: keysetId,
        amount: Number(amount),
        secret,
        C,
      }));
      const json = JSON.stringify({ token: [{ mint: stage.world.env.MINT_URL, proofs }], unit: 'sat' });
      return receive(stage, stage.wallet, `cashuA${Buffer.from(json).toString('base64url')}`);
    },
    says: /holds this ecash.*Nothing was done/,
  },
];

function partlySpent(): RefusalCase {
  const members: Record<string, number> = {};
  return told(
    {
      code: 'TOKEN_PARTLY_SPENT',
      what: 'a token of which some is spent',
      says: /have been spent already\. Nothing was received/,
      members: () => members,
    },
    async (stage) => {
      const { text } = await token(stage, 100);
      const [first, ...rest] = await proofsIn(stage.world, text);
      if (first === undefined) throw new Error('a token without proofs');
      await tokensOf(stage.world, await stage.world.wallet()).receive(
        oldTokenOf(stage.world.env.MINT_URL, [first]),
      );
      members['spentAmount'] = Number(first.amount);
      members['unspentAmount'] = rest.reduce((sum, { amount }) => sum + Number(amount), 0);
      return text;
    },
  );
}

const farOff = () => Math.floor(Date.now() / 1000) + 3_600;

/** The mint will not swap. */
const refusedSwap = (times: number | null = 1): FaultWish => ({
  match: { path: swapPath },
  fault: { kind: 'error_code', code: 11005, detail: 'unbalanced' },
  times,
});

const failed: RefusalCase[] = [
  {
    code: 'SEND_FAILED',
    what: 'the mint does not swap the wallet’s ecash',
    async provoke(stage) {
      const wallet = await stage.world.wallet(100);
      await stage.world.sim.addFaults(refusedSwap());
      return stage.post(`${wallet.at}/send`, { amount: 10 });
    },
    says: /No token was made, and none will be\. The \d+ sat set aside for it are free again/,
    members: {
      transactionId: expect.stringMatching(/^tx_send_/),
      released: expect.any(Number),
      cause: 'MINT_REFUSED',
    },
    leaves: 'open',
  },
  {
    code: 'RECEIVE_FAILED',
    what: 'the mint does not exchange the token',
    async provoke(stage) {
      const { text } = await token(stage);
      await stage.world.sim.addFaults(refusedSwap());
      return receive(stage, stage.wallet, text);
    },
    says: /did not exchange the token\. Nothing was received, and the token is as it was/,
    members: { transactionId: expect.stringMatching(/^tx_receive_/), cause: 'MINT_REFUSED' },
    leaves: 'open',
  },
  {
    code: 'RECLAIM_FAILED',
    what: 'the mint does not take the token back',
    async provoke(stage) {
      const { giver, id } = await token(stage);
      await stage.world.sim.addFaults(refusedSwap());
      const answer = await stage.post(`${giver.at}/send/${id}/reclaim`, {});
      await stage.world.sim.clearFaults();
      expect((await tokensOf(stage.world, giver).reclaim(id)).status).toBe(200);
      return answer;
    },
    says: /Nothing moved: the token is out, and still good/,
    members: { transactionId: expect.stringMatching(/^tx_send_/), cause: 'MINT_REFUSED' },
    leaves: 'open',
  },
  {
    code: 'TOKEN_CLAIMED',
    what: 'a token whose recipient was quicker',
    async provoke(stage) {
      const { giver, id, text } = await token(stage);
      await tokensOf(stage.world, await stage.world.wallet()).receive(text);
      return stage.post(`${giver.at}/send/${id}/reclaim`, {});
    },
    says: /has claimed this token.*Nothing was done/,
    members: { transactionId: expect.stringMatching(/^tx_send_/), claimedAmount: 64 },
    leaves: 'open',
  },
  {
    code: 'TRANSACTION_NOT_FOUND',
    what: 'a token of another wallet',
    async provoke(stage) {
      const { giver, id } = await token(stage);
      const answer = await stage.post(`${stage.wallet.at}/send/${id}/reclaim`, {});
      await tokensOf(stage.world, giver).reclaim(id);
      return answer;
    },
    says: /has sent no token with that id.*Nothing was done/,
    leaves: 'open',
  },
];

/** It has been so for an hour, as the books have it. */
async function stoppedAfterAnHour(stage: Stage, npub: string, spell: 'gone' | 'refused'): Promise<void> {
  const { operations } = stage.world.context.database;
  const since = new Date(Date.now() - 3_700_000);
  await until(async () => {
    const seen = { npub, open: true as const, [`details.${spell}`]: { $ne: null } };
    const backdated = { $set: { [`details.${spell}.since`]: since }, $inc: { version: 1 } };
    return (await operations.updateOne(seen, backdated)).modifiedCount === 1;
  }, `the ${spell} spell`);
  const stopped = { npub, state: 'needs_attention' };
  await until(async () => (await operations.exists(stopped)) !== null, 'the stop', 30_000);
}

const members = (kind: string) => ({
  requiresManualIntervention: true,
  transactionId: expect.stringMatching(new RegExp(`^tx_${kind}_`)),
  recovery: { state: 'manual', statusUrl: expect.stringMatching(/\/transactions\/tx_/) },
});

const stopped: RefusalCase[] = [
  {
    code: 'CRITICAL_SEND_FAILURE',
    what: 'somebody else has spent what was to be sent, and it has been so for an hour',
    async provoke(stage) {
      const { sim, context } = stage.world;
      const wallet = await stage.world.wallet(64);
      await sim.addFaults({ match: { path: swapPath }, fault: 'drop_before', times: null });
      const headers = { 'idempotency-key': 'stopped' };
      const begun = await stage.post(
        `${wallet.at}/send`,
        { amount: 10 },
        { ...headers, prefer: 'respond-async' },
      );
      expect(begun.status).toBe(202);
      const sent = { npub: wallet.npub, 'attempts.0.posts': { $gt: 0 } };
      await until(async () => (await context.database.operations.exists(sent)) !== null, 'the request');
      await sim.spendOutside((await proofsOf(stage.world, wallet.npub)).map(outside));
      await stoppedAfterAnHour(stage, wallet.npub, 'gone');
      return stage.post(`${wallet.at}/send`, { amount: 10 }, headers);
    },
    says: /^CRITICAL: The ecash of this token was stopped.*Nothing is lost by waiting/,
    members: members('send'),
    leaves: 'open',
  },
  {
    code: 'CRITICAL_RECEIVE_FAILURE',
    what: 'the mint has refused for an hour, in words of its own, and one request got no answer',
    async provoke(stage) {
      const { text } = await token(stage);
      const wallet = await stage.world.wallet();
      const match = { path: swapPath };
      await stage.world.sim.addFaults(
        { match, fault: 'drop_before', times: 1 },
        { match, fault: { kind: 'error_code', code: 99999, detail: 'because' }, times: null },
      );
      const headers = { 'idempotency-key': 'stopped' };
      const begun = await receive(stage, wallet, text, { ...headers, prefer: 'respond-async' });
      expect(begun.status).toBe(202);
      await stoppedAfterAnHour(stage, wallet.npub, 'refused');
      return receive(stage, wallet, text, headers);
    },
    says: /^CRITICAL: Receiving this token was stopped.*Nothing is lost by waiting/,
    members: members('receive'),
    leaves: 'open',
  },
];

/** With the ecash of a mint that takes no input fee. What is out, or held elsewhere, stays so. */
export const tokenCases: RefusalCase[] = [...invalid, ...received, ...failed, ...stopped];
