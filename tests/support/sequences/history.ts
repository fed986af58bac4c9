import { type Owner, Told, type Town } from './town.ts';

/** A line of a wallet's history, with what only its own page tells. */
export type Entry = {
  id: string;
  type: string;
  status: string;
  amount: number;
  /** Null while nobody knows. */
  fee: number | null;
  state: string;
  /** Of a send: what others have of it, by its own page. */
  claimed: number;
  /** Of a send: its token, while that is out. */
  text: string | null;
};

const pageLimit = 50;
const pagesRead = 40;

/** A wallet's whole history, page by page, newest first. What has ended is the same as ever. */
export async function historyOf(town: Town, owner: Owner): Promise<Entry[]> {
  const entries: Entry[] = [];
  let cursor: unknown = null;
  for (let page = 0; page < pagesRead; page += 1) {
    const rest: string = cursor === null ? '' : `&cursor=${encodeURIComponent(String(cursor))}`;
    const body = await read(town, owner, `${owner.at}/transactions?limit=${pageLimit}${rest}`);
    const { transactions } = body;
    if (!Array.isArray(transactions)) throw new Told('a list without transactions');
    for (const listed of transactions) entries.push(await entryOf(town, owner, Object(listed)));
    cursor = Object(body['pagination']).nextCursor;
    if (cursor === null) return entries;
  }
  throw new Told(`the history of ${owner.name} has no end`);
}

async function entryOf(town: Town, owner: Owner, listed: Record<string, unknown>): Promise<Entry> {
  const { transactionId, type, status, amount, fee } = listed;
  const [id, told] = [String(transactionId), JSON.stringify({ type, status, amount, fee })];
  const known = town.ended.get(id);
  if (known !== undefined) return rememberedOf(id, known, told);
  const path = type === 'send' ? 'send' : 'transactions';
  const page = await read(town, owner, `${owner.at}/${path}/${id}`);
  const entry: Entry = {
    id,
    type: String(type),
    status: String(status),
    amount: Number(amount),
    fee: fee === null ? null : Number(fee),
    // Where it went on between the two, it is read again.
    state: page['status'] === status ? String(page['state']) : 'changing',
    claimed: Number(page['claimedAmount'] ?? 0),
    text: typeof page['encodedToken'] === 'string' ? page['encodedToken'] : null,
  };
  if (hasEnded(entry)) town.ended.set(id, JSON.stringify({ told, entry }));
  return entry;
}

function rememberedOf(id: string, known: string, told: string): Entry {
  const { told: then, entry } = JSON.parse(known);
  if (then !== told) throw new Told(`${id} had ended as ${then}, and is listed as ${told}`);
  return entry;
}

/** Nothing more comes of it. Of a payment that is only `paid`, change may. */
export function hasEnded({ state }: Pick<Entry, 'state'>): boolean {
  return [
    'settled',
    'released',
    'cancelled',
    'issued',
    'expired',
    'claimed',
    'partly_claimed',
    'reclaimed',
    'received',
    'refused',
  ].includes(state);
}

/** What the wallet holds more, or less, because of it, by what it was told. */
export function movedBy({ id, type, status, amount, fee, state, claimed }: Entry): number {
  if (status === 'NEEDS_ATTENTION') throw new Told(`${id} waits for a person, and this mint is honest`);
  if (fee === null && hasEnded({ state })) throw new Told(`${id} has ended, and its fee is not known`);
  const cost = fee ?? 0;
  switch (`${type} ${status}`) {
    case 'mint PAID':
      return amount;
    case 'receive PAID':
      return amount - cost;
    case 'melt PAID':
      return -amount - cost;
    case 'melt FAILED':
      return -cost;
    case 'send PENDING':
      return state === 'swapping' ? 0 : -amount - cost;
    case 'send PAID':
      return -amount - cost;
    case 'send FAILED':
      return -cost - claimed;
    default:
      return 0;
  }
}

/** @throws Told where there is no such page for its own owner */
export async function read(town: Town, owner: Owner, path: string): Promise<Record<string, unknown>> {
  for (let tries = 0; tries < 20; tries += 1) {
    const reply = await town.ask(owner, 'GET', path);
    if (reply?.status === 200) return reply.body;
    if (reply !== null && reply.status !== 503)
      throw new Told(`GET ${path}: ${reply.status} ${JSON.stringify(reply.body)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Told(`GET ${path}: never answered`);
}
