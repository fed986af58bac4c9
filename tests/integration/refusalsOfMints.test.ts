import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { nonsenseCases } from '../support/refusals/cases/nonsense.ts';
import { goneCases, silenceCases } from '../support/refusals/cases/silence.ts';
import { byName } from '../support/refusals/cases.ts';
import { expectRefusal, expectSettled } from '../support/refusals/expectRefusal.ts';
import { openStage, type Stage } from '../support/refusals/stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({ simulator: { feeReserveMinSat: 4, inputFeePpk: 100 }, workers: false });
});
afterAll(() => stage.end());

describe('a request is refused because of its mint', () => {
  it.each(byName([...nonsenseCases, ...silenceCases]))('%s', (_name, refusal) =>
    expectRefusal(stage, refusal),
  );

  it('and what had been begun comes to its end', () => expectSettled(stage));

  it.each(byName(goneCases))('%s', (_name, refusal) => expectRefusal(stage, refusal));
});
