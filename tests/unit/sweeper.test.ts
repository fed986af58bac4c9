import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { createLogger } from '../../src/logger.ts';
import type { Rounds } from '../../src/services/operations/rounds.ts';
import { createSweeper } from '../../src/services/operations/sweeper.ts';
import { until } from '../support/world.ts';

describe('the sweeper', () => {
  let sweeper: Rounds;
  afterEach(() => sweeper.stop());

  /** Its rounds end like these, one after the other, and from then on like the last. */
  function sweeping(...rounds: (number | Error)[]) {
    const logger = createLogger('silent');
    const warnings: string[] = [];
    jest.spyOn(logger, 'warn').mockImplementation((message: unknown) => {
      warnings.push(String(message));
      return logger;
    });
    let round = 0;
    sweeper = createSweeper({
      endDeadTransactions: async () => {
        const outcome = rounds[Math.min(round, rounds.length - 1)] ?? 0;
        round += 1;
        if (typeof outcome === 'number') return outcome;
        throw outcome;
      },
      logger,
    });
    sweeper.start();
    return { warnings, hasMade: (count: number) => until(async () => round >= count, `${count} rounds`) };
  }

  it('says what it has ended, and nothing of the rounds in which there was nothing', async () => {
    const { warnings, hasMade } = sweeping(0, 2, 0);
    await hasMade(3);
    expect(warnings).toEqual([expect.stringContaining('were ended')]);
  });

  it('says once that it may not look, however often it tries, and again when it could in between', async () => {
    const refused = new Error('not authorized');
    const { warnings, hasMade } = sweeping(refused, refused, 0, refused, refused);
    await hasMade(3);
    expect(warnings).toEqual([expect.stringContaining('cannot be looked for')]);
    await hasMade(5);
    expect(warnings).toHaveLength(2);
  });
});
