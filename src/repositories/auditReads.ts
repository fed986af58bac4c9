import type { ChainHead } from '../models/audit.ts';
import type { AuditDocument, SealDocument, UnsealedDocument } from '../models/schemas/audit.ts';
import type { AuditMacs } from './auditMacs.ts';
import type { Database } from './database.ts';

export type AuditReads = ReturnType<typeof createAuditReads>;

/** `isGenuine`: the link is what a server has written. Only then does it prove anything of its event. */
export type ReadLink = ChainHead & {
  eventId: string;
  previous: string;
  isGenuine: boolean;
  event: 'as_written' | 'changed' | 'missing';
};

/** An event that no link names. `waits`: it is what was written, and will be sealed. */
export type LooseEvent = {
  eventId: string;
  walletId: string;
  at: Date;
  is: 'waiting' | 'changed' | 'inserted';
};

const portion = 500;

/**
 * Reads the audit log with its chains, in portions, while servers go on; null = all wallets. Past the schemas: whoever forges
 * a document need not give it the types that ours have.
 */
export function createAuditReads(
  database: Pick<Database, 'audit' | 'unsealed' | 'seals' | 'wallets'>,
  macs: AuditMacs,
) {
  const { audit, unsealed, seals, wallets } = database;

  async function walletIdsOf(npub: string): Promise<string[]> {
    const found = await wallets.find({ npub }).select({ _id: 1 }).lean<{ _id: string }[]>();
    return found.map(({ _id }) => _id);
  }

  /** Every link, each wallet's in order. */
  async function* links(walletIds: readonly string[] | null): AsyncGenerator<ReadLink[]> {
    const all = seals.collection.find<SealDocument>(scope(walletIds)).sort({ wallet_id: 1, seq: 1 });
    for await (const found of inPortions(all)) {
      const eventOf = await eventsOf(found.map(({ event_id }) => event_id));
      yield found.map((seal) => toLink(seal, eventOf(seal.wallet_id, seal.event_id)));
    }
  }

  function toLink(seal: SealDocument, event: AuditDocument | undefined): ReadLink {
    const isUnchanged =
      event !== undefined && event.wallet_id === seal.wallet_id && macs.ofEvent(event) === seal.event_mac;
    return {
      walletId: String(seal.wallet_id),
      seq: Number(seal.seq),
      mac: seal.mac,
      eventId: String(seal.event_id),
      previous: seal.previous,
      isGenuine: macs.ofSeal(seal) === seal.mac,
      event: event === undefined ? 'missing' : isUnchanged ? 'as_written' : 'changed',
    };
  }

  /** Every event: how many, and those that no link names. */
  async function* events(
    walletIds: readonly string[] | null,
  ): AsyncGenerator<{ count: number; loose: LooseEvent[] }> {
    const all = audit.collection.find<AuditDocument>(scope(walletIds)).sort({ _id: 1 });
    for await (const found of inPortions(all)) yield { count: found.length, loose: await looseAmong(found) };
  }

  async function looseAmong(found: readonly AuditDocument[]): Promise<LooseEvent[]> {
    const open = await withoutLink(found);
    const marks = await unsealed.collection
      .find<UnsealedDocument>({ _id: { $in: open.map(({ _id }) => _id) } })
      .toArray();
    const markOf = byWallet(marks);
    const isMarked = ({ wallet_id, _id }: AuditDocument) => markOf(wallet_id, _id) !== undefined;
    // Some may have been sealed, and their marks taken away, between the two looks.
    const unmarked = await withoutLink(open.filter((event) => !isMarked(event)));
    return [
      ...open.filter(isMarked).map((event) => {
        const mark = markOf(event.wallet_id, event._id);
        const isUnchanged = mark?.wallet_id === event.wallet_id && macs.ofEvent(event) === mark.mac;
        return toLoose(event, isUnchanged ? 'waiting' : 'changed');
      }),
      ...unmarked.map((event) => toLoose(event, 'inserted')),
    ];
  }

  /** Marks whose events are gone: those were taken away before they were sealed. */
  async function* lostMarks(
    walletIds: readonly string[] | null,
  ): AsyncGenerator<{ eventId: string; walletId: string }[]> {
    const all = unsealed.collection.find<UnsealedDocument>(scope(walletIds)).sort({ _id: 1 });
    for await (const found of inPortions(all)) {
      const eventOf = await eventsOf(found.map(({ _id }) => _id));
      const isGone = ({ wallet_id, _id }: UnsealedDocument) => eventOf(wallet_id, _id) === undefined;
      const lost = await withoutLink(found.filter(isGone));
      yield lost.map(({ _id, wallet_id }) => ({ eventId: String(_id), walletId: String(wallet_id) }));
    }
  }

  /** A link in the chain of another wallet is none. */
  async function withoutLink<T extends Pick<AuditDocument, '_id' | 'wallet_id'>>(
    found: readonly T[],
  ): Promise<T[]> {
    if (found.length === 0) return [];
    const sealed = await seals.collection
      .find<SealDocument>({
        wallet_id: { $in: [...new Set(found.map(({ wallet_id }) => wallet_id))] },
        event_id: { $in: found.map(({ _id }) => _id) },
      })
      .toArray();
    const linksOf = Map.groupBy(sealed, ({ event_id }) => String(event_id));
    const isLinked = ({ _id, wallet_id }: T): boolean =>
      (linksOf.get(String(_id)) ?? []).some((link) => link.wallet_id === wallet_id);
    return found.filter((one) => !isLinked(one));
  }

  async function eventsOf(ids: readonly AuditDocument['_id'][]) {
    return byWallet(await audit.collection.find<AuditDocument>({ _id: { $in: [...ids] } }).toArray());
  }

  /** Whether the chain leads to a head that was kept. */
  async function leadsTo({ walletId, seq, mac }: ChainHead): Promise<boolean> {
    return (await seals.exists({ wallet_id: walletId, seq, mac })) !== null;
  }

  return { walletIdsOf, links, events, lostMarks, leadsTo };
}

const scope = (walletIds: readonly string[] | null) =>
  walletIds === null ? {} : { wallet_id: { $in: [...walletIds] } };

async function* inPortions<T>(all: AsyncIterable<T>): AsyncGenerator<T[]> {
  let next: T[] = [];
  for await (const one of all) {
    next.push(one);
    if (next.length < portion) continue;
    yield next;
    next = [];
  }
  yield next;
}

const toLoose = ({ _id, wallet_id, at }: AuditDocument, is: LooseEvent['is']): LooseEvent => ({
  eventId: String(_id),
  walletId: String(wallet_id),
  at,
  is,
});

/** Looks documents up by id. On a cluster one id may stand on several shards: then the wallet's own counts, and another only where it has none. */
function byWallet<T extends Pick<AuditDocument, '_id' | 'wallet_id'>>(found: readonly T[]) {
  const ofId = Map.groupBy(found, ({ _id }) => String(_id));
  return (walletId: string, id: unknown): T | undefined => {
    const all = ofId.get(String(id)) ?? [];
    return all.find(({ wallet_id }) => wallet_id === walletId) ?? all[0];
  };
}
