import type { AuditFinding, AuditReport, ChainHead } from '../../models/audit.ts';
import type { AuditReads, ReadLink } from '../../repositories/auditReads.ts';

export type AuditVerification = {
  /**
   * Goes through the audit log and the chains of all wallets, or of one npub's, beside servers that go on. Writes nothing.
   * `kept`: heads of an earlier run, which the chains must lead to; those of other wallets are left aside.
   * @returns null where the npub has no wallet
   */
  verify(asked: { npub: string | null; kept: readonly ChainHead[] }): Promise<AuditReport | null>;
};

/** More than a person reads; the rest is counted. */
const maxFindings = 1_000;

/** What `crucible audit verify` asks for (ADR 34). */
export function createAuditVerification(reads: AuditReads): AuditVerification {
  async function verify(asked: {
    npub: string | null;
    kept: readonly ChainHead[];
  }): Promise<AuditReport | null> {
    const walletIds = asked.npub === null ? null : await reads.walletIdsOf(asked.npub);
    if (walletIds?.length === 0) return null;
    const report = emptyReport();
    await followChains(walletIds, report);
    await lookAtEvents(walletIds, report);
    for await (const lost of reads.lostMarks(walletIds))
      for (const mark of lost) note(report, { kind: 'missing', seq: null, ...mark });
    for (const head of asked.kept) {
      if (walletIds !== null && !walletIds.includes(head.walletId)) continue;
      if (await reads.leadsTo(head)) continue;
      note(report, { kind: 'head_missing', walletId: head.walletId, seq: head.seq, eventId: null });
    }
    return report;
  }

  async function followChains(walletIds: readonly string[] | null, report: AuditReport): Promise<void> {
    let before = beginning;
    for await (const links of reads.links(walletIds))
      for (const link of links) {
        if (before.last?.walletId !== link.walletId) {
          keepHead(report, before);
          before = beginning;
        }
        for (const finding of wrongWith(link, before)) note(report, finding);
        report.sealed += 1;
        before = { last: link, genuine: link.isGenuine ? link : before.genuine };
      }
    keepHead(report, before);
  }

  async function lookAtEvents(walletIds: readonly string[] | null, report: AuditReport): Promise<void> {
    for await (const { count, loose } of reads.events(walletIds)) {
      report.events += count;
      for (const { eventId, walletId, at, is } of loose) {
        if (is === 'waiting') wait(report, at);
        else note(report, { kind: is, walletId, seq: null, eventId });
      }
    }
  }

  return { verify };
}

/** What a chain has before a link: the link before it, and the last one that a server has written, on which the next is built. */
type Before = { last: ReadLink | null; genuine: ReadLink | null };

const beginning: Before = { last: null, genuine: null };

/** A link that is not genuine proves neither its number nor its event; but that the event is gone can be seen. */
function* wrongWith(link: ReadLink, { last, genuine }: Before): Generator<AuditFinding> {
  const { walletId, seq, eventId } = link;
  const expected = (last?.seq ?? 0) + 1;
  // Servers pass over numbers that others have taken: between a link and the one that it is built on, none is missing.
  const isJoined = link.previous === (genuine?.mac ?? '');
  if (link.isGenuine && !isJoined)
    for (let missing = expected; missing < seq && missing < expected + maxFindings; missing += 1)
      yield { kind: 'seal_missing', walletId, seq: missing, eventId: null };
  // After a link that was changed, or a gap, what the next one names cannot be compared.
  const follows = isJoined || seq !== expected || last?.isGenuine === false;
  if (!link.isGenuine || !follows) yield { kind: 'seal_changed', walletId, seq, eventId };
  switch (link.event) {
    case 'as_written':
      return;
    case 'changed':
      if (link.isGenuine) yield { kind: 'changed', walletId, seq, eventId };
      return;
    case 'missing':
      yield { kind: 'missing', walletId, seq, eventId };
      return;
  }
}

const emptyReport = (): AuditReport => ({
  events: 0,
  sealed: 0,
  unsealed: { count: 0, oldestAt: null },
  heads: [],
  findings: [],
  findingsTotal: 0,
});

function note(report: AuditReport, finding: AuditFinding): void {
  report.findingsTotal += 1;
  if (report.findings.length < maxFindings) report.findings.push(finding);
}

function wait({ unsealed }: AuditReport, at: Date): void {
  unsealed.count += 1;
  if (unsealed.oldestAt === null || at < unsealed.oldestAt) unsealed.oldestAt = at;
}

/** Only what a server has written is worth keeping. */
function keepHead({ heads }: AuditReport, { genuine }: Before): void {
  if (genuine !== null) heads.push(headOf(genuine));
}

const headOf = ({ walletId, seq, mac }: ReadLink): ChainHead => ({ walletId, seq, mac });
