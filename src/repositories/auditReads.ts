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

/** Reads the audit log with its chains, in portions, while servers go on; null = all wallets. */
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
    let last: SealDocument | undefined;
    do {
      const found: SealDocument[] = await seals
        .find({ $and: [scope(walletIds), behind(last)] })
        .sort({ wallet_id: 1, seq: 1 })
        .limit(portion)
        .lean<SealDocument[]>();
      const eventOf = await eventsById(found.map(({ event_id }) => event_id));
      yield found.map((seal) => toLink(seal, eventOf.get(String(seal.event_id))));
      last = found.at(-1);
    } while (last !== undefined);
  }

  function toLink(seal: SealDocument, event: AuditDocument | undefined): ReadLink {
    const isUnchanged = event !== undefined && macs.ofEvent(event) === seal.event_mac;
    return {
      walletId: seal.wallet_id,
      seq: seal.seq,
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
    let last: AuditDocument | undefined;
    do {
      const found: AuditDocument[] = await audit
        .find({ ...scope(walletIds), ...(last === undefined ? {} : { _id: { $gt: last._id } }) })
        .sort({ _id: 1 })
        .limit(portion)
        .lean<AuditDocument[]>();
      yield { count: found.length, loose: await looseAmong(found) };
      last = found.at(-1);
    } while (last !== undefined);
  }

  async function looseAmong(found: readonly AuditDocument[]): Promise<LooseEvent[]> {
    const open = await withoutLink(found);
    const marks = await unsealed
      .find({ _id: { $in: open.map(({ _id }) => _id) } })
      .lean<UnsealedDocument[]>();
    const macOf = new Map(marks.map(({ _id, mac }) => [String(_id), mac]));
    const isMarked = ({ _id }: AuditDocument) => macOf.has(String(_id));
    // Some may have been sealed, and their marks taken away, between the two looks.
    const unmarked = await withoutLink(open.filter((event) => !isMarked(event)));
    return [
      ...open.filter(isMarked).map((event) => {
        const isUnchanged = macs.ofEvent(event) === macOf.get(String(event._id));
        return toLoose(event, isUnchanged ? 'waiting' : 'changed');
      }),
      ...unmarked.map((event) => toLoose(event, 'inserted')),
    ];
  }

  /** Marks whose events are gone: those were taken away before they were sealed. */
  async function* lostMarks(
    walletIds: readonly string[] | null,
  ): AsyncGenerator<{ eventId: string; walletId: string }[]> {
    let last: UnsealedDocument | undefined;
    do {
      const found: UnsealedDocument[] = await unsealed
        .find({ ...scope(walletIds), ...(last === undefined ? {} : { _id: { $gt: last._id } }) })
        .sort({ _id: 1 })
        .limit(portion)
        .lean<UnsealedDocument[]>();
      const eventOf = await eventsById(found.map(({ _id }) => _id));
      const lost = await withoutLink(found.filter(({ _id }) => !eventOf.has(String(_id))));
      yield lost.map(({ _id, wallet_id }) => ({ eventId: String(_id), walletId: wallet_id }));
      last = found.at(-1);
    } while (last !== undefined);
  }

  async function withoutLink<T extends Pick<AuditDocument, '_id'>>(found: readonly T[]): Promise<T[]> {
    if (found.length === 0) return [];
    const sealed = await seals
      .find({ event_id: { $in: found.map(({ _id }) => _id) } })
      .select({ event_id: 1 })
      .lean<Pick<SealDocument, 'event_id'>[]>();
    const ids = new Set(sealed.map(({ event_id }) => String(event_id)));
    return found.filter(({ _id }) => !ids.has(String(_id)));
  }

  async function eventsById(ids: readonly AuditDocument['_id'][]): Promise<Map<string, AuditDocument>> {
    const found = await audit.find({ _id: { $in: ids } }).lean<AuditDocument[]>();
    return new Map(found.map((event) => [String(event._id), event]));
  }

  /** Whether the chain leads to a head that was kept. */
  async function leadsTo({ walletId, seq, mac }: ChainHead): Promise<boolean> {
    return (await seals.exists({ wallet_id: walletId, seq, mac })) !== null;
  }

  return { walletIdsOf, links, events, lostMarks, leadsTo };
}

const scope = (walletIds: readonly string[] | null) =>
  walletIds === null ? {} : { wallet_id: { $in: walletIds } };

const behind = (last: SealDocument | undefined) =>
  last === undefined
    ? {}
    : {
        $or: [{ wallet_id: last.wallet_id, seq: { $gt: last.seq } }, { wallet_id: { $gt: last.wallet_id } }],
      };

const toLoose = ({ _id, wallet_id, at }: AuditDocument, is: LooseEvent['is']): LooseEvent => ({
  eventId: String(_id),
  walletId: wallet_id,
  at,
  is,
});
