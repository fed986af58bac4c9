import type { UnsealedEvent } from '../models/audit.ts';
import type { AuditDocument, SealDocument, UnsealedDocument } from '../models/schemas/audit.ts';
import type { AuditMacs } from './auditMacs.ts';
import type { Database } from './database.ts';
import { duplicateKeyIndex } from './transaction.ts';

export type AuditChain = ReturnType<typeof createAuditChain>;

/** What could not be sealed. Neither gets a link, and the marks stay for `crucible audit verify`. */
type Sealing = {
  /** Events that are not what was written, or gone. */
  unfit: readonly UnsealedEvent[];
  /** Wallets whose chain lies under so many links that no server wrote that its end was not found. */
  buried: readonly string[];
};

/** `taken`: numbers above the head that are in use. */
type ChainEnd = { head: SealDocument | null; taken: ReadonlySet<number> };

/** With the ids, so that a sharded cluster asks the shards of these wallets alone. */
const ofWallets = (events: readonly UnsealedEvent[]) => ({
  wallet_id: { $in: [...new Set(events.map(({ walletId }) => walletId))] },
});

const lanes = 8;
/** So many links that no server wrote are looked through for the end of a chain. */
const mostForged = 1_000;

/** Links events into the chain of their wallet, after their commit (ADR 34). */
export function createAuditChain(database: Pick<Database, 'audit' | 'unsealed' | 'seals'>, macs: AuditMacs) {
  const { audit, unsealed, seals } = database;

  /**
   * A portion of what has a mark, by id: about in the order in which it was written. `after`: the last of the portion before.
   * Whatever else somebody has put there is left aside, or it would hold up the others.
   */
  async function waiting(after: string | null, atMost: number): Promise<UnsealedEvent[]> {
    const marks = await unsealed
      .find({
        _id: { $type: 'objectId', ...(after === null ? {} : { $gt: after }) },
        wallet_id: { $type: 'string' },
      })
      .sort({ _id: 1 })
      .limit(atMost)
      .lean<UnsealedDocument[]>();
    return marks.map(({ _id, wallet_id }) => ({ eventId: _id.toHexString(), walletId: wallet_id }));
  }

  /**
   * Seals events of any wallets, at most a few hundred, each wallet's in this order. Marks go once their links stand, so whoever
   * dies in between is followed by one who finds the links. Harmless if run twice, or by two at once: one of them is beaten
   * to a number, writes no more of this chain, and finds in the next round what stands.
   *
   * @param mayGoOn asked before each wallet: who shuts down waits for no more than those that are begun
   */
  async function seal(events: readonly UnsealedEvent[], at: Date, mayGoOn: () => boolean): Promise<Sealing> {
    if (events.length === 0) return { unfit: [], buried: [] };
    await forgetSealed(events);
    const { fit, unfit } = await compared(events);
    const chains = Map.groupBy(fit, ({ wallet_id }) => wallet_id).entries();
    const sealed: UnsealedDocument[] = [];
    const buried: string[] = [];
    const inTurn = async (): Promise<void> => {
      for (const [walletId, marks] of chains) {
        if (!mayGoOn()) return;
        const end = await endOf(walletId);
        if (end === null) buried.push(walletId);
        else if (await stands(linked(end, marks, at))) sealed.push(...marks);
      }
    };
    const ended = await Promise.allSettled(Array.from({ length: lanes }, inTurn));
    await forget(sealed);
    for (const lane of ended) if (lane.status === 'rejected') throw lane.reason;
    return { unfit, buried };
  }

  /** @returns false where somebody else was writing links of this wallet */
  async function stands(links: readonly SealDocument[]): Promise<boolean> {
    try {
      await seals.insertMany(links, { ordered: true });
      return true;
    } catch (error) {
      if (duplicateKeyIndex(error) === null) throw error;
      return false;
    }
  }

  async function forgetSealed(events: readonly UnsealedEvent[]): Promise<void> {
    const done = await seals
      .find({ ...ofWallets(events), event_id: { $in: events.map(({ eventId }) => eventId) } })
      .select({ wallet_id: 1, event_id: 1 })
      .lean<Pick<SealDocument, 'wallet_id' | 'event_id'>[]>();
    await forget(done.map(({ wallet_id, event_id }) => ({ wallet_id, _id: event_id })));
  }

  async function forget(marks: readonly Pick<UnsealedDocument, '_id' | 'wallet_id'>[]): Promise<void> {
    if (marks.length === 0) return;
    const walletIds = marks.map(({ wallet_id }) => wallet_id);
    const theirs = marks.map(({ _id, wallet_id }) => ({ _id, wallet_id }));
    await unsealed.deleteMany({ wallet_id: { $in: walletIds }, $or: theirs });
  }

  /** Holds each event against its mark, so that no forged one gets a link, nor any in the chain of another wallet. */
  async function compared(events: readonly UnsealedEvent[]) {
    const marks = await unsealed
      .find({ ...ofWallets(events), _id: { $in: events.map(({ eventId }) => eventId) } })
      .sort({ _id: 1 })
      .lean<UnsealedDocument[]>();
    const found = await audit
      .find({ ...ofWallets(events), _id: { $in: marks.map(({ _id }) => _id) } })
      .lean<AuditDocument[]>();
    const eventOf = new Map(found.map((event) => [nameOf(event), event]));
    const isFit = (mark: UnsealedDocument): boolean => {
      const event = eventOf.get(nameOf(mark));
      return event !== undefined && macs.ofEvent(event) === mark.mac;
    };
    return {
      fit: marks.filter(isFit),
      unfit: marks
        .filter((mark) => !isFit(mark))
        .map(({ _id, wallet_id }) => ({ eventId: _id.toHexString(), walletId: wallet_id })),
    };
  }

  /**
   * Where a chain goes on: behind the last link that a server has written. Whoever may add to the collection may put others
   * above it, of whatever types; their numbers are passed over.
   * @returns null where there are too many of those
   */
  async function endOf(walletId: string): Promise<ChainEnd | null> {
    const above = (atMost: number) =>
      seals.collection.find<SealDocument>({ wallet_id: walletId }).sort({ seq: -1 }).limit(atMost).toArray();
    const [newest] = await above(1);
    if (newest === undefined) return { head: null, taken: new Set() };
    if (isGenuine(newest)) return { head: newest, taken: new Set() };
    const links = await above(mostForged);
    const place = links.findIndex(isGenuine);
    if (place === -1 && links.length === mostForged) return null;
    const forged = place === -1 ? links : links.slice(0, place);
    return {
      head: links[place] ?? null,
      taken: new Set(forged.flatMap(({ seq }) => [seq].flat().map(Number))),
    };
  }

  const isGenuine = (link: SealDocument): boolean => macs.ofSeal(link) === link.mac;

  function linked({ head, taken }: ChainEnd, marks: readonly UnsealedDocument[], at: Date): SealDocument[] {
    const links: SealDocument[] = [];
    for (const { _id, wallet_id, mac } of marks) {
      const last = links.at(-1) ?? head;
      let seq = (last?.seq ?? 0) + 1;
      while (taken.has(seq)) seq += 1;
      const link = {
        wallet_id,
        seq,
        event_id: _id,
        event_mac: mac,
        previous: last?.mac ?? '',
        sealed_at: at,
      };
      links.push({ ...link, mac: macs.ofSeal(link) });
    }
    return links;
  }

  return { waiting, seal };
}

/** On a cluster, one id may stand on several shards. */
const nameOf = ({ wallet_id, _id }: Pick<AuditDocument, 'wallet_id' | '_id'>): string =>
  `${wallet_id} ${_id.toHexString()}`;
