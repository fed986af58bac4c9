import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { brokenCases } from '../support/refusals/cases/broken.ts';
import { beginOutages, type Outages, outageCases, shutdownCases } from '../support/refusals/cases/outages.ts';
import { byName } from '../support/refusals/cases.ts';
import { expectRefusal, expectSettled } from '../support/refusals/expectRefusal.ts';
import { openStage, type Stage } from '../support/refusals/stage.ts';

let stage: Stage;
let outages: Outages;
beforeAll(async () => {
  stage = await openStage({ simulator: { feeReserveMinSat: 4 }, workers: false });
  outages = await beginOutages(stage);
});
afterAll(async () => {
  await outages.over();
  await stage.end();
  await outages.close();
});

describe('a request is refused because of the server’s own trouble', () => {
  describe('with its database', () => {
    it.each(byName(outageCases(() => outages)))('%s', (_name, refusal) => expectRefusal(stage, refusal));
  });

  describe('as it shuts down', () => {
    it.each(byName(shutdownCases))('%s', (_name, refusal) => expectRefusal(stage, refusal));
  });

  describe('with what must never be', () => {
    beforeAll(async () => {
      await outages.over();
      await expectSettled(stage);
    });

    it.each(byName(brokenCases))('%s', (_name, refusal) => expectRefusal(stage, refusal));
  });

  it('and the books agree all the same', () => expectSettled(stage));
});
