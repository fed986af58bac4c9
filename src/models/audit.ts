/** A committed event that has no seal yet. Ids are ObjectIds in hex. */
export type UnsealedEvent = { eventId: string; walletId: string };

/** The newest link of a wallet's chain. Whoever keeps it elsewhere can tell later whether the chain was cut. */
export type ChainHead = { walletId: string; seq: number; mac: string };

/**
 * `changed`: the event is not what was written. `missing`: it is gone. `inserted`: it was not written by Crucible, or its
 * seal was taken away. `seal_missing`: the chain has no link of this number. `seal_changed`: the link is not what was
 * written, or in another place. `head_missing`: the chain does not lead to a head that was kept.
 */
export type AuditFinding = {
  kind: 'changed' | 'missing' | 'inserted' | 'seal_missing' | 'seal_changed' | 'head_missing';
  walletId: string;
  seq: number | null;
  eventId: string | null;
};

/** `unsealed`: events in order that wait for their seal. `findings`: the first of them; `findingsTotal` counts all. */
export type AuditReport = {
  events: number;
  sealed: number;
  unsealed: { count: number; oldestAt: Date | null };
  heads: ChainHead[];
  findings: AuditFinding[];
  findingsTotal: number;
};
