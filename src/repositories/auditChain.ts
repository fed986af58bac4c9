import type { UnsealedEvent } from '../models/audit.ts';
import type { AuditDocument, SealDocument, UnsealedDocument } from '../models/schemas/audit.ts';
import type { AuditMacs } from './auditMacs.ts';
import type { Database } from './database.ts';
import { duplicateKeyIndex } from './transaction.ts';

export type AuditChain = ReturnType<typeof createAuditChain>;

type Sealing = {
  /** `beaten`: somebody else was writing links of this wallet, and will be found to have done so. */
  result: 'sealed' | 'beaten';
  /** Events that are not what was written, or gone. They get no link, and their marks stay for `crucible audit verify`. */
  unfit: string[];
};

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
   * Seals events of one wallet, at most a few hundred, in this order. Marks go once their links stand, so whoever dies in
   * between is followed by one who finds the links. Harmless if run twice, or by two at once.
   */
  async function seal(walletId: string, eventIds: readonly string[], at: Date): Promise<Sealing> {
    // The head before anything else: whatever another writes from here on takes the number that we would.
    // Of numbers alone: whatever else somebody has put there compares with none.
    const head = await seals
      .findOne({ wallet_id: walletId, seq: { $gte: 1 } })
      .sort({ seq: -1 })
      .lean<SealDocument>();
    await forgetSealed(eventIds);
    const { fit, unfit } = await compared(walletId, eventIds);
    const links = linked(head, fit, at);
    try {
      await seals.insertMany(links, { ordered: true });
    } catch (error) {
      if (duplicateKeyIndex(error) === null) throw error;
      return { result: 'beaten', unfit };
    }
    await unsealed.deleteMany({ _id: { $in: links.map(({ event_id }) => event_id) } });
    return { result: 'sealed', unfit };
  }

  async function forgetSealed(eventIds: readonly string[]): Promise<void> {
    const done = await seals.find({ event_id: { $in: eventIds } }).lean<SealDocument[]>();
    if (done.length > 0) await unsealed.deleteMany({ _id: { $in: done.map(({ event_id }) => event_id) } });
  }

  /** Holds each event against its mark, so that no forged one gets a link. */
  async function compared(walletId: string, eventIds: readonly string[]) {
    const marks = await unsealed
      .find({ _id: { $in: eventIds }, wallet_id: walletId })
      .sort({ _id: 1 })
      .lean<UnsealedDocument[]>();
    const events = await audit.find({ _id: { $in: marks.map(({ _id }) => _id) } }).lean<AuditDocument[]>();
    const macOf = new Map(events.map((event) => [event._id.toHexString(), macs.ofEvent(event)]));
    const isFit = ({ _id, mac }: UnsealedDocument) => macOf.get(_id.toHexString()) === mac;
    return {
      fit: marks.filter(isFit),
      unfit: marks.filter((mark) => !isFit(mark)).map(({ _id }) => _id.toHexString()),
    };
  }

  function linked(head: SealDocument | null, marks: readonly UnsealedDocument[], at: Date): SealDocument[] {
    const links: SealDocument[] = [];
    for (const { _id, wallet_id, mac } of marks) {
      const last = links.at(-1) ?? head;
      const link = {
        wallet_id,
        seq: (last?.seq ?? 0) + 1,
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
