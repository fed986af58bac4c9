import type { HealthService, Readiness } from './contracts.ts';

type Parts = {
  /** Answers within a second or so, whatever the database does. */
  isDatabaseWritable: () => Promise<boolean>;
  mintHealth: () => Readiness['mints'];
  isDraining: () => boolean;
};

/**
 * Whether this instance should be sent requests: its database takes writes and it is not about to go. A silent mint is
 * told but does not make it unready: another instance would meet the same silence.
 */
export function createHealthService({ isDatabaseWritable, mintHealth, isDraining }: Parts): HealthService {
  let looking: Promise<boolean> | null = null;

  /** Anybody may ask, as often as they like: all who ask at once share one look at the database. */
  function lookTogether(): Promise<boolean> {
    looking ??= isDatabaseWritable().finally(() => {
      looking = null;
    });
    return looking;
  }

  return {
    async readiness() {
      const writable = await lookTogether();
      const draining = isDraining();
      const database = writable ? 'writable' : 'unavailable';
      return { ready: writable && !draining, database, mints: mintHealth(), draining };
    },
  };
}
