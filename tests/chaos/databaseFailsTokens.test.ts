import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { brokenAt, type Outage, openOutage } from '../support/outage.ts';
import { expectDone, tokenStories } from '../support/tokenStories.ts';
import { expectLedgerAgrees } from '../support/tokens.ts';

let outage: Outage;
beforeAll(async () => {
  outage = await openOutage(1);
});
afterAll(() => outage.end());
afterEach(async () => {
  await outage.nodes.heal();
  await expectLedgerAgrees(outage.world);
});

const writes = ['insert', 'update', 'findAndModify', 'delete'];

it.each(tokenStories)(
  'a database without room once the mint has swapped for %s: nobody is told that it never happened',
  async (_what, begin) => {
    const { world, nodes } = outage;
    const story = await begin(world);
    const { appName } = world.context.database;
    const told = await brokenAt(
      outage,
      '/v1/swap',
      () => story.ask(),
      () => nodes.fail({ failCommands: writes, errorCode: 14_031, appName }),
    );
    expect(told).toMatchObject({ status: 202, body: { status: 'PENDING' } });
    await nodes.heal();
    await expectDone(world, story, told);
  },
);
