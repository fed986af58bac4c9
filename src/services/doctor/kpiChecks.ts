import type { ExaminationReads } from '../../repositories/examination.ts';
import type { RecentMelt, StateCount } from '../../repositories/recentOperations.ts';
import { type Finding, fine, notice, wrong } from './findings.ts';

/** What a mint with a Lightning backend is expected to reach where all is well (seed: its troubleshooting guide). */
const leastPaidPercent = 95;
const mostQuoteMs = 1_000;
const mostSettlementMs = 5_000;
const mostErrorsPercent = 5;

const ofMs = 24 * 3_600_000;
/** Of fewer, one alone would decide. */
const leastCount = 20;

/** Ended otherwise than whoever asked wanted, and not by his own mistake, as an expired invoice or a spent token is. */
const errorStates = ['released', 'cancelled', 'needs_attention'];

/**
 * The four figures that operations of the last 24 hours come to, by their own timelines. Shares that are missed are wrong;
 * slowness is a notice, since Lightning may be slow without anybody's fault.
 */
export async function checkKpis(
  { recentMelts, recentStates }: Pick<ExaminationReads, 'recentMelts' | 'recentStates'>,
  now: () => Date,
): Promise<Finding[]> {
  const from = new Date(now().getTime() - ofMs);
  const [melts, states] = await Promise.all([recentMelts(from), recentStates(from)]);
  return [
    paidShare(melts),
    speed('quotes', 'made', timesOf(melts, 'quoteMs'), mostQuoteMs),
    speed('settlement', 'paid', timesOf(melts, 'settlementMs'), mostSettlementMs),
    errorShare(states),
  ];
}

function paidShare(melts: readonly RecentMelt[]): Finding {
  const subject = 'payments';
  // What was cancelled never reached the mint: it is among the errors.
  const tried = melts.filter(({ state }) => state !== 'cancelled');
  const paid = tried.filter(({ state }) => state === 'paid' || state === 'settled');
  const says = `${paid.length} of ${tried.length} were paid in the last 24 hours`;
  if (tried.length < leastCount) return tooFew(says, subject);
  const percent = (100 * paid.length) / tried.length;
  const told = `${says} (${oneDigit(percent)} %; above ${leastPaidPercent} % is expected).`;
  if (percent > leastPaidPercent) return fine('kpis', told, { subject });
  return wrong('kpis', `${told} Why not: ${causesOf(tried)}.`, {
    subject,
    next: 'See what mints said of them (backends, above or below), and whether payees had wrong or expired invoices.',
  });
}

/** The commonest first. */
function causesOf(melts: readonly RecentMelt[]): string {
  const counts = new Map<string, number>();
  for (const { state, cause } of melts) {
    if (state === 'paid' || state === 'settled') continue;
    const why = cause ?? state;
    counts.set(why, (counts.get(why) ?? 0) + 1);
  }
  return [...counts]
    .toSorted(([, one], [, other]) => other - one)
    .map(([why, count]) => `${why} ${count}`)
    .join(', ');
}

function errorShare(states: readonly StateCount[]): Finding {
  const subject = 'errors';
  const counted = states.filter(({ state }) => state !== 'expired' && state !== 'refused');
  const all = sum(counted);
  const errors = sum(counted.filter(({ state }) => errorStates.includes(state)));
  const says = `${errors} of ${all} operations of all kinds failed in the last 24 hours`;
  if (all < leastCount) return tooFew(says, subject);
  const percent = (100 * errors) / all;
  const told = `${says} (${oneDigit(percent)} %; below ${mostErrorsPercent} % is expected).`;
  return percent < mostErrorsPercent
    ? fine('kpis', told, { subject })
    : wrong('kpis', told, { subject, next: 'Read the open reports, and what mints said (backends).' });
}

/** By the median: one payee who keeps an invoice open for an hour says nothing about the mint. */
function speed(subject: string, done: string, times: readonly number[], mostMs: number): Finding {
  const says = `${times.length} were ${done} in the last 24 hours`;
  if (times.length < leastCount) return tooFew(says, subject);
  const [median, most] = [at(times, 0.5), at(times, 0.95)];
  const told = `${says}, half of them within ${median} ms and 95 % within ${most} ms (the first below ${mostMs} is expected).`;
  return median < mostMs
    ? fine('kpis', told, { subject })
    : notice('kpis', told, {
        subject,
        next: 'See how fast the mint answers otherwise, and tell its operator.',
      });
}

const tooFew = (says: string, subject: string): Finding =>
  fine('kpis', `${says}: too few to say (${leastCount} are needed).`, { subject });

/** In order, the least first. */
const timesOf = (melts: readonly RecentMelt[], of: 'quoteMs' | 'settlementMs'): number[] =>
  melts
    .map((melt) => melt[of])
    .filter((ms) => ms !== null)
    .toSorted((one, other) => one - other);

const at = (times: readonly number[], share: number): number =>
  times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;

const sum = (states: readonly StateCount[]): number => states.reduce((all, { count }) => all + count, 0);

const oneDigit = (percent: number): string => percent.toFixed(1);
