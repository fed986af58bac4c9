import type { ExaminationReads } from '../../repositories/examination.ts';
import { type Finding, fine, notice, wrong } from './findings.ts';

/** From this on instances disagree about whose turn it is: claims on operations last two seconds by default. */
export const mostClockSkewMs = 1_000;

/** It keeps what it confirms, and holds nothing of the earlier design. */
export async function checkFitness({
  refuseUnfit,
}: Pick<ExaminationReads, 'refuseUnfit'>): Promise<Finding[]> {
  await refuseUnfit();
  return [fine('database', 'A replica set whose majority journals writes, with transactions.')];
}

/** Without an index one invoice could be paid twice: they are guards, not only speed. */
export async function checkIndexes({
  indexTroubles,
}: Pick<ExaminationReads, 'indexTroubles'>): Promise<Finding[]> {
  const troubles = await indexTroubles();
  if (troubles.length === 0) return [fine('indexes', 'All are as the schemas say.')];
  return troubles.map(({ collection: subject, missing, unknown }) =>
    missing.length > 0
      ? wrong('indexes', `Missing, or other than its schema says: ${missing.join(', ')}.`, {
          subject,
          next: 'Start a server: it builds missing indexes before it serves. One that stands there under other terms must be dropped first, while every server is stopped.',
        })
      : notice('indexes', `Not ours: ${unknown.join(', ')}.`, { subject }),
  );
}

/** What the way there and back took is nobody's skew. */
export async function checkClock(
  { clock }: Pick<ExaminationReads, 'clock'>,
  now: () => Date,
): Promise<Finding[]> {
  const askedMs = now().getTime();
  const theirs = await clock();
  const answeredMs = now().getTime();
  if (theirs === null) return [notice('clock', 'The database does not tell its time.')];
  const aheadMs = theirs.getTime() - (askedMs + answeredMs) / 2;
  const skewMs = Math.max(0, Math.abs(aheadMs) - (answeredMs - askedMs) / 2);
  if (skewMs <= mostClockSkewMs)
    return [fine('clock', 'This machine and the database agree to within a second.')];
  return [
    wrong(
      'clock',
      `The database's clock is ${Math.round(skewMs)} ms ${aheadMs > 0 ? 'ahead of' : 'behind'} this machine's.`,
      { next: 'Let both follow NTP (chronyc tracking, or timedatectl).' },
    ),
  ];
}

/** @param previousKeys how many master keys are configured beside the current one */
export async function checkKeys(
  { openDataKeys }: Pick<ExaminationReads, 'openDataKeys'>,
  previousKeys: number,
): Promise<Finding[]> {
  const opened = await openDataKeys();
  const findings = [
    fine(
      'keys',
      opened === 0 ? 'There are no data keys yet.' : `The master key opens data keys (${opened} tried).`,
    ),
  ];
  if (previousKeys === 0) return findings;
  const says = 'CRUCIBLE_MASTER_KEY_PREVIOUS is set: the master key is being changed.';
  return [
    ...findings,
    notice('keys', says, { next: 'See what is left: crucible keys rotate-master --check' }),
  ];
}
