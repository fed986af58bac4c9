import type { BackendTrouble } from '../../models/backendTrouble.ts';
import type { ExaminationReads, OpenReports, RefusalTold, Standing } from '../../repositories/examination.ts';
import { adviceOn, backendTroubleIn } from '../mint/backendTrouble.ts';
import { type Finding, fine, notice, wrong } from './findings.ts';

const hourMs = 3_600_000;
const refusalsOfMs = 24 * hourMs;

/** What should have ended by itself, and what only a person can end. */
export async function checkOperations(
  { openSince, waitingForPerson }: Pick<ExaminationReads, 'openSince' | 'waitingForPerson'>,
  now: () => Date,
): Promise<Finding[]> {
  const stuck = await openSince(new Date(now().getTime() - hourMs));
  const waiting = await waitingForPerson();
  if (stuck.length + waiting.length === 0)
    return [fine('operations', 'None is open for more than an hour, and none waits for a person.')];
  return [
    ...stuck.map((some) =>
      wrong('operations', `${counted(some)} open for more than an hour; the oldest is ${some.oldestId}.`, {
        subject: `${some.kind} ${some.state}`,
        next: 'Its funds are reserved, and the server goes on asking. See whether the mint answers, and what its open report says.',
      }),
    ),
    ...waiting.map((some) =>
      wrong('operations', `${counted(some)} waiting for a person; the oldest is ${some.oldestId}.`, {
        subject: `${some.kind} ${some.state}`,
        next: 'Its funds stay reserved until a person decides: read its open report.',
      }),
    ),
  ];
}

const counted = ({ count }: Standing): string => (count === 1 ? '1 is' : `${count} are`);

export async function checkReports({
  openReports,
}: Pick<ExaminationReads, 'openReports'>): Promise<Finding[]> {
  const open = await openReports();
  return open.length === 0 ? [fine('reports', 'None is open.')] : open.map(reportsFinding);
}

function reportsFinding({ severity, count, codes }: OpenReports): Finding {
  const says = `${count} open: ${codes.join(', ')}.`;
  switch (severity) {
    case 'CRITICAL':
      return wrong('reports', says, { subject: severity, next: 'People must act: read them now.' });
    case 'HIGH':
      return wrong('reports', says, { subject: severity, next: 'Something is blocked: read them.' });
    case 'MEDIUM':
    case 'LOW':
      return notice('reports', says, { subject: severity });
  }
}

/**
 * Known troubles of mint backends in the errors that mints answered payments and mintings with. Never worse than a notice: whoever writes an
 * invoice may have put these words there.
 */
export async function checkBackends(
  { refusalsSince }: Pick<ExaminationReads, 'refusalsSince'>,
  now: () => Date,
): Promise<Finding[]> {
  const told = await refusalsSince(new Date(now().getTime() - refusalsOfMs));
  const findings = byMintAndTrouble(told).map(({ mintUrl, trouble, count, latestId }) => {
    const { cause, customerImpact, retryAfterMs, nextStep } = adviceOn(trouble);
    const wait = retryAfterMs === 0 ? '' : ` Wait ${retryAfterMs / 60_000} min before anything new.`;
    return notice(
      'backends',
      `${trouble}: in ${count} ${count === 1 ? 'operation' : 'operations'} of the last 24 hours, the latest ${latestId}. ${cause} ${customerImpact}`,
      { subject: mintUrl, next: `${nextStep}${wait}` },
    );
  });
  return findings.length > 0
    ? findings
    : [fine('backends', 'No error of a mint in the last 24 hours tells of a known trouble.')];
}

type Told = { mintUrl: string; trouble: BackendTrouble; count: number; latestId: string };

/** @param told the latest first */
function byMintAndTrouble(told: readonly RefusalTold[]): Told[] {
  const known = new Map<string, Told>();
  for (const { mintUrl, transactionId, ...said } of told) {
    const trouble = said.trouble ?? (said.detail === null ? null : backendTroubleIn(said.detail));
    if (trouble === null) continue;
    const key = `${trouble} ${mintUrl}`;
    const before = known.get(key) ?? { mintUrl, trouble, count: 0, latestId: transactionId };
    known.set(key, { ...before, count: before.count + 1 });
  }
  return [...known.values()];
}
