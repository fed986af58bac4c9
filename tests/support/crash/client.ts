import { randomUUID } from 'node:crypto';
import { dayOf } from '../../../src/models/apiKey.ts';
import type { Reply, World } from '../world.ts';
import type { Scenario, UpkeepWish } from './scenarios.ts';
import type { Stand } from './stand.ts';
import { askFor, prepareErrand, type TokenErrand } from './tokenErrand.ts';
import { makeDue, prepareUpkeep, putOffAll, putOffOthers } from './upkeepTurns.ts';

/** One owner with a wallet, who wants one thing and keeps what was said about it. */
export type Client = {
  npub: string;
  at: string;
  funds: number;
  idempotencyKey: string;
  /** What the client shows of itself; the tester's own key unless the scenario has one. */
  credentials: Record<string, string>;
  /** A melt's. */
  invoice: string | null;
  paymentHash: string | null;
  /** Where it is about a token. */
  errand: TokenErrand | null;
  /** Answers before the crash, and after it. */
  told: Reply[];
  /** A minting's invoice, once it is paid. */
  paidQuotes: Set<string>;
  /** What the upkeep costs that it is due for; null where it came for something. */
  upkeepFee: number | null;
};

export const mintedAmount = 64;

/** A new wallet with its funds, and the invoice that it is to pay. */
export async function newClient(stand: Stand, scenario: Scenario): Promise<Client> {
  if (scenario.kind === 'upkeep') return idleClient(stand, scenario.wish);
  const { world } = stand;
  const { kind, funds } = scenario;
  const { npub, at } = await world.wallet(...(isTaker(scenario) ? [] : funds));
  const invoice = kind === 'melt' ? await world.sim.invoice(scenario.invoice) : null;
  const fromBudget = kind !== 'minting' && scenario.fromBudget;
  const credentials = fromBudget ? await keyWithBudget(world, npub) : {};
  return {
    npub,
    at,
    funds: funds.reduce((sum, amount) => sum + amount, 0),
    idempotencyKey: randomUUID(),
    credentials,
    invoice: invoice?.invoice ?? null,
    paymentHash: invoice?.paymentHash ?? null,
    errand:
      kind === 'token' ? await prepareErrand(stand, scenario.wish, { npub, at, funds, credentials }) : null,
    told: [],
    paidQuotes: new Set(),
    upkeepFee: null,
  };
}

/** One who wants nothing, and whose wallet is not looked at yet. */
async function idleClient(stand: Stand, wish: UpkeepWish): Promise<Client> {
  const { wallet, funds, fee } = await prepareUpkeep(stand, wish);
  await putOffAll(stand.world);
  await putOffOthers(stand.world, wallet.npub);
  return {
    npub: wallet.npub,
    at: wallet.at,
    funds,
    idempotencyKey: randomUUID(),
    credentials: {},
    invoice: null,
    paymentHash: null,
    errand: null,
    told: [],
    paidQuotes: new Set(),
    upkeepFee: fee,
  };
}

/** Its funds are another wallet's, which gives of them. */
const isTaker = (scenario: Scenario): boolean => scenario.kind === 'token' && scenario.wish === 'receive';

/** The wallets among which a client's money is. */
export const partiesOf = ({ npub, errand }: Client): string[] =>
  errand?.other ? [npub, errand.other.npub] : [npub];

/** A key that was used today: that would be noted at some moment, and is no boundary of a payment. */
async function keyWithBudget(world: World, npub: string): Promise<Record<string, string>> {
  const { services, database } = world.context;
  const { key, token } = await services.apiKeys.issue({
    label: 'pocket money',
    scopes: ['wallet:melt', 'wallet:write'],
    npub,
    expiresAt: null,
    budgetSatPerDay: 1_000n,
  });
  await database.apiKeys.updateOne({ _id: key.id }, { $set: { last_used_on: dayOf(new Date()) } });
  return { authorization: `Bearer ${token}` };
}

/** What the client came for, under its key; an upkeep comes by itself. Says nothing where the server dies over it. */
export async function request(stand: Stand, client: Client, url: string): Promise<void> {
  const { errand } = client;
  if (client.upkeepFee !== null) return makeDue(stand.world, client.npub);
  if (errand !== null) return requestToken(stand, client, errand, url);
  if (client.invoice === null) return requestMinting(stand, client, url);
  await tell(client, post(stand, client, url, '/melt', { invoice: client.invoice }));
}

async function requestToken({ world }: Stand, client: Client, errand: TokenErrand, url: string) {
  const headers = (method: string) => ({
    ...client.credentials,
    ...(method === 'POST' ? { 'idempotency-key': client.idempotencyKey } : {}),
  });
  const asking = askFor(errand, client.at, (method, path, body) =>
    world.call(method, path, body, headers(method), url),
  );
  await tell(client, asking);
}

/** Asks for an invoice, pays it unless it is paid, and says so. */
async function requestMinting(stand: Stand, client: Client, url: string): Promise<void> {
  const asked = await tell(client, post(stand, client, url, '/mint', { amount: mintedAmount }));
  if (asked?.status !== 201) return;
  const quoteId = String(asked.body['quote']);
  if (!client.paidQuotes.has(quoteId)) {
    await stand.world.sim.pay(String(asked.body['invoice']));
    client.paidQuotes.add(quoteId);
  }
  await tell(client, post(stand, client, url, '/mint/complete', { quoteId }));
}

/** The outside payer of a minting's invoice, without asking for it to be credited. */
export async function requestInvoiceAndPay(stand: Stand, client: Client): Promise<void> {
  const asked = await post(stand, client, stand.world.url, '/mint', { amount: mintedAmount });
  await stand.world.sim.pay(String(asked.body['invoice']));
  client.paidQuotes.add(String(asked.body['quote']));
}

function post({ world }: Stand, client: Client, url: string, path: string, body: object): Promise<Reply> {
  const key = path === '/mint/complete' ? {} : { 'idempotency-key': client.idempotencyKey };
  return world.call('POST', client.at + path, body, { ...client.credentials, ...key }, url);
}

async function tell(client: Client, asking: Promise<Reply>): Promise<Reply | null> {
  const reply = await asking.catch(() => null);
  if (reply !== null) client.told.push(reply);
  return reply;
}
