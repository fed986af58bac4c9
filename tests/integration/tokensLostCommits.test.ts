import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Loss } from '../support/lossyCommits.ts';
import { type LossyWorld, startLossyWorld } from '../support/lossyWorld.ts';
import { expectDone, tokenStories } from '../support/tokenStories.ts';
import { expectLedgerAgrees } from '../support/tokens.ts';
import type { World } from '../support/world.ts';

const cases: [story: string, when: Loss['when']][] = [
  ['never reached the database', 'before'],
  ['stands, though nobody heard of it', 'after'],
];

const bookings: Record<string, string> = {
  sent: 'send.sent',
  reclaimed: 'send.reclaimed',
  received: 'receive.received',
};

describe.each(cases)('a commit that %s', (_story, when) => {
  let world: World;
  let database: LossyWorld['database'];
  beforeAll(async () => {
    ({ world, database } = await startLossyWorld());
  });
  afterAll(() => world.end());
  afterEach(async () => {
    expect(database.lost()).toBeGreaterThan(0);
    await expectLedgerAgrees(world);
  });

  it.each(tokenStories)('of the booking of %s: it is booked later, and once', async (_what, begin) => {
    const story = await begin(world);
    database.lose({ event: bookings[story.end.state] ?? '', when });
    await expectDone(world, story, await story.ask());
  });
});
