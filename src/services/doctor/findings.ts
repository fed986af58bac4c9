import { DatabaseUnfit } from '../../models/databaseUnfit.ts';
import { InvariantBroken, StoreNotMigrated, WrongMasterKey } from '../../models/errors.ts';
import { within } from '../../timing.ts';
import { isDatabaseAway } from '../databaseFaults.ts';

export type CheckName =
  | 'configuration'
  | 'database'
  | 'indexes'
  | 'clock'
  | 'keys'
  | 'mint'
  | 'spool'
  | 'operations'
  | 'reports'
  | 'backends'
  | 'kpis'
  | 'heap';

/** `notice`: a person should know it, and nothing is wrong by it. */
export type Verdict = 'fine' | 'notice' | 'wrong';

/** One line of what `crucible doctor` says. Never holds a secret. */
export type Finding = {
  check: CheckName;
  verdict: Verdict;
  /** What it is about where there are several, such as a mint's address. */
  subject: string | null;
  says: string;
  /** What a person should do; null where nothing is to be done. */
  next: string | null;
};

type More = { subject?: string; next?: string };

const finding = (check: CheckName, verdict: Verdict, says: string, { subject, next }: More): Finding => ({
  check,
  verdict,
  subject: subject ?? null,
  says,
  next: next ?? null,
});

export const fine = (check: CheckName, says: string, more: More = {}): Finding =>
  finding(check, 'fine', says, more);
export const notice = (check: CheckName, says: string, more: More = {}): Finding =>
  finding(check, 'notice', says, more);
export const wrong = (check: CheckName, says: string, more: More = {}): Finding =>
  finding(check, 'wrong', says, more);

const checkWithinMs = 15_000;

/** Makes one check. What it cannot find out is wrong, and said, too. */
export async function checked(
  check: CheckName,
  look: () => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  const tooLate = () => [wrong(check, `This took longer than ${checkWithinMs / 1000} s.`)];
  try {
    return await within(checkWithinMs, look(), tooLate);
  } catch (error) {
    return [wrong(check, reasonOf(error))];
  }
}

/** Why a check could not be made, or what it found to be so. */
export function reasonOf(
  error: unknown,
  otherwise = 'This could not be found out, for a reason that this command does not know.',
): string {
  const forPeople = [DatabaseUnfit, StoreNotMigrated, WrongMasterKey, InvariantBroken];
  if (error instanceof Error && forPeople.some((kind) => error instanceof kind)) return error.message;
  return isDatabaseAway(error)
    ? 'The database at MONGODB_URI does not answer: check that it runs, is a replica set, and can be reached from here.'
    : otherwise;
}
