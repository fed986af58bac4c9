import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { tokenCases } from '../support/refusals/cases/tokens.ts';
import { byName } from '../support/refusals/cases.ts';
import { expectRefusal } from '../support/refusals/expectRefusal.ts';
import { openStage, type Stage } from '../support/refusals/stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({ env: { CRUCIBLE_ORPHAN_AFTER_MS: '20000' } });
});
afterAll(() => stage.end());

describe('a token is refused because of', () => {
  it.each(byName(tokenCases))('%s', (_name, refusal) => expectRefusal(stage, refusal));
});
