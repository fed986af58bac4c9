import { randomUUID } from 'node:crypto';
import {
  type Body,
  garbledProof,
  type Lie,
  type liar,
  meltPath,
  minted,
  mintingStates,
  posts,
  quotePath,
  retold,
  tenDaysSeconds,
} from './liar.ts';
import { comesTo } from './mischief.ts';
import { type Reply, type TestWallet, untilLater, type World } from './world.ts';

export const hourMs = 3_600_000;

export const lost = { kind: 'lost', reason: 'network' } as const;

/** Signed, and the proofs of it are proof of nothing (NUT-12). */
export const garbled = ({ signatures = [] }: Body) => {
  for (const signature of signatures) signature.dleq = garbledProof;
};

/** The payment request is lost, and the quote has the state of its invoice, which somebody else has paid. */
export const paidByOthers: Lie = (request, carry) => {
  if (posts(request, meltPath)) return Promise.resolve(lost);
  if (request.method !== 'GET' || !request.url.includes(quotePath)) return undefined;
  return retold(carry, (body) => Object.assign(body, { state: 'PAID' }));
};

/** The same of a mint that does not say any more what is spent. */
export const paidByOthersAndSilent: Lie = (request, carry) =>
  posts(request, '/v1/checkstate') ? Promise.resolve(lost) : paidByOthers(request, carry);

/** What people decide, and how operations come to need it, in the world of a mint that can be made to lie. */
export function decidingIn(mint: ReturnType<typeof liar>, worldNow: () => World) {
  let key: Promise<string> | null = null;
  /** Whoever may decide, but not give up. */
  const support = async () => {
    key ??= worldNow().keyFor(['support:write']);
    return { authorization: `Bearer ${await key}` };
  };

  const decide = async (
    id: string,
    decision: 'fence' | 'write_off',
    note = 'the payee was asked',
  ): Promise<Reply> => {
    const headers = decision === 'fence' ? await support() : {};
    return worldNow().call('POST', `/api/support/operations/${id}/decide`, { decision, note }, headers);
  };

  const timePassesUntil = (isSo: () => Promise<boolean>, what: string): Promise<void> =>
    untilLater(() => mint.jump(15_000), isSo, what, 30_000);
  const stateOf = async (wallet: TestWallet, id: string) => (await wallet.status(id)).body['state'];
  const comesToLater = (wallet: TestWallet, id: string, state: string): Promise<void> =>
    timePassesUntil(async () => (await stateOf(wallet, id)) === state, `${id} ${state}`);
  const stored = (id: string) => worldNow().context.database.operations.findById(id).lean();

  const decidedIn = (id: string) =>
    worldNow().context.database.audit.find({ transaction_id: id, event: 'operation.decided' }).lean();
  const reportsOf = (id: string) => worldNow().context.database.reports.find({ transaction_id: id }).lean();
  const allClosed = async (id: string) => (await reportsOf(id)).every(({ status }) => status === 'closed');

  async function restored(wallet: TestWallet): Promise<void> {
    const at = `${wallet.at}/restore`;
    await worldNow().call('POST', at, {});
    const isOver = async () => (await worldNow().call('GET', at)).body['status'] === 'DONE';
    await timePassesUntil(isOver, 'the restore over');
  }

  /** `funds`: each is a token of the wallet. */
  async function begun(
    funds: number | readonly number[],
    amount: number,
    behaviour: 'pay' | 'pending' = 'pay',
  ) {
    const [first = 0, ...more] = [funds].flat();
    const wallet = await worldNow().wallet(first);
    for (const one of more) {
      const { totalBalance } = await wallet.balance();
      await minted(worldNow(), wallet, one);
      const isThere = async () => (await wallet.balance())['totalBalance'] === Number(totalBalance) + one;
      await timePassesUntil(isThere, 'the ecash there');
    }
    const wish = { amount, expirySeconds: tenDaysSeconds };
    const invoiced = await worldNow().sim.invoice(behaviour === 'pending' ? { ...wish, behaviour } : wish);
    const headers = { 'idempotency-key': randomUUID() };
    const asked = await wallet.melt(invoiced.invoice, {}, { ...headers, prefer: 'respond-async' });
    const id = String(asked.body['transactionId']);
    await comesTo(wallet, id, 'pending');
    return { wallet, id, key: headers, ...invoiced };
  }

  /** A payment that a person was called for: its quote is called paid, and its ecash is not spent. */
  async function doubted(funds = 512) {
    mint.lie = paidByOthers;
    const payment = await begun(funds, 210);
    await timePassesUntil(
      async () => (await reportsOf(payment.id)).some(({ code }) => code === 'QUOTE_PAID_INPUTS_UNSPENT'),
      'the doubt reported',
    );
    mint.jump(hourMs);
    await comesToLater(payment.wallet, payment.id, 'needs_attention');
    return payment;
  }

  /** A payment that Lightning holds for over an hour. */
  async function hanging() {
    const payment = await begun(512, 210, 'pending');
    mint.jump(hourMs);
    return payment;
  }

  /** Paid, and signed with proofs that do not verify. */
  async function stoppedMinting() {
    const wallet = await worldNow().wallet();
    mint.lie = (request, carry) =>
      posts(request, '/v1/mint/bolt11') || posts(request, '/v1/restore') ? retold(carry, garbled) : undefined;
    await minted(worldNow(), wallet, 64);
    const isStopped = async () => (await mintingStates(worldNow(), wallet)).includes('needs_attention');
    await untilLater(() => mint.jump(60_000), isStopped, 'a person called', 60_000);
    return { wallet, id: await onlyOf(wallet) };
  }

  /** The id of a wallet's one operation. */
  async function onlyOf({ npub }: TestWallet): Promise<string> {
    const [found, ...more] = await worldNow().context.database.operations.find({ npub }).lean();
    if (found === undefined || more.length > 0) throw new Error('the wallet has not exactly one operation');
    return found._id;
  }

  return {
    support,
    decide,
    stateOf,
    timePassesUntil,
    comesToLater,
    stored,
    decidedIn,
    reportsOf,
    allClosed,
    restored,
    begun,
    doubted,
    hanging,
    stoppedMinting,
    onlyOf,
  };
}
