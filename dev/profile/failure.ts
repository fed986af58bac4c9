import { ConfigError } from '../../src/config.ts';
import { DatabaseUnfit } from '../../src/models/databaseUnfit.ts';
import { ProfileRefusal } from '../../src/models/profile.ts';
import { redactText } from '../../src/redaction.ts';
import { isDatabaseAway } from '../../src/services/databaseFaults.ts';
import { MongodUnavailable } from '../mongod.ts';

/** The start cannot go on. The message is one sentence for people. */
export class StartFailure extends Error {
  override readonly name = 'StartFailure';
}

/** The one sentence that a failed start says. */
export function sentenceFor(error: unknown): string {
  if (!(error instanceof Error)) return 'Crucible could not start, for a reason that it cannot name.';
  const isForPeople = [StartFailure, ConfigError, ProfileRefusal, DatabaseUnfit, MongodUnavailable].some(
    (kind) => error instanceof kind,
  );
  if (isForPeople) return onOneLine(error.message);
  if (isDatabaseAway(error)) {
    return 'The database at MONGODB_URI does not answer: check that it runs, is a replica set, and can be reached from here.';
  }
  return onOneLine(`Crucible could not start: ${redactText(error.message)}`);
}

const onOneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();
