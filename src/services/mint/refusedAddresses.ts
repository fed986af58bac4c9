import type { Logger } from '../../logger.ts';
import type { ReportDraft } from '../../models/report.ts';
import type { ReportService } from '../contracts.ts';
import type { Sentry } from './guardedConnector.ts';

/** So often it is said again while it is so. */
const tellEveryMs = 3_600_000;

const code = 'MINT_ADDRESS_REFUSED';
const keyOf = (origin: string): string => `${code}:${origin}`;

/** What was said last of a mint: it was reached, or it was refused, when and at which addresses. */
type Told = 'reached' | { atMs: number; addresses: readonly string[] };

/**
 * Tells people, once for each mint and hour, that a mint is not called because of where it is. The log is told at once,
 * reports as soon as somebody can file them: a mint may be asked before the database is open.
 */
export function createRefusedAddresses(logger: Pick<Logger, 'error'>, now: () => Date) {
  const told = new Map<string, Told>();
  let reports: Pick<ReportService, 'file' | 'close'> | null = null;

  const sentry: Sentry = {
    refused(origin, addresses) {
      const before = told.get(origin);
      const atMs = now().getTime();
      if (typeof before === 'object' && atMs - before.atMs < tellEveryMs) return;
      told.set(origin, { atMs, addresses });
      const { summary, details } = reportOf(origin, addresses);
      logger.error(summary, details);
      void reports?.file(reportOf(origin, addresses));
    },
    connected(origin) {
      if (told.get(origin) === 'reached') return;
      told.set(origin, 'reached');
      // Whoever has told of it: an earlier process, another instance, or this one.
      void reports?.close(keyOf(origin), 'The mint was reached at an address that may be called.');
    },
  };

  return {
    sentry,
    /** From now on, and what was noticed so far. */
    reportTo(service: Pick<ReportService, 'file' | 'close'>): void {
      reports = service;
      for (const [origin, last] of told) {
        if (last === 'reached') void service.close(keyOf(origin), 'The mint was reached.');
        else void service.file(reportOf(origin, last.addresses));
      }
    },
  };
}

function reportOf(origin: string, addresses: readonly string[]): ReportDraft {
  const where = addresses.length === 0 ? 'no address' : addresses.slice(0, 8).join(', ');
  return {
    dedupeKey: keyOf(origin),
    severity: 'HIGH',
    code,
    summary: `The mint ${origin} is not called: its name leads to ${where}, in a private or reserved network, and such are refused. What would ask it is answered with MINT_UNAVAILABLE; no request leaves, no money moves, and operations under way wait. If the mint is meant to be there, allow it in CRUCIBLE_PRIVATE_MINT_NETWORKS and restart; if not, somebody may be misdirecting its name: look at its DNS. This report closes by itself once the mint is reached.`,
    details: { origin, addresses: addresses.slice(0, 8) },
  };
}
