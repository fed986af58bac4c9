import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { routeTable } from '../../src/routes.ts';
import { accessCases } from '../support/refusals/cases/access.ts';
import { addressCases } from '../support/refusals/cases/addresses.ts';
import { bodyCases } from '../support/refusals/cases/bodies.ts';
import { invoiceCases } from '../support/refusals/cases/invoices.ts';
import { limitCases } from '../support/refusals/cases/limits.ts';
import { byName } from '../support/refusals/cases.ts';
import { expectRefusal, expectSettled } from '../support/refusals/expectRefusal.ts';
import { routes } from '../support/refusals/routes.ts';
import { openStage, type Stage } from '../support/refusals/stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.end());

describe('a request is refused because of', () => {
  describe('its body', () => {
    it.each(byName(bodyCases))('%s', (_name, refusal) => expectRefusal(stage, refusal));
  });

  describe('its address', () => {
    it.each(byName(addressCases))('%s', (_name, refusal) => expectRefusal(stage, refusal));
  });

  describe('its credentials', () => {
    it.each(byName(accessCases))('%s', (_name, refusal) => expectRefusal(stage, refusal));
  });

  describe('its being one too many', () => {
    it.each(byName(limitCases))('%s', (_name, refusal) => expectRefusal(stage, refusal));
  });

  describe('its invoice', () => {
    it.each(byName(invoiceCases))('%s', (_name, refusal) => expectRefusal(stage, refusal));
  });
});

it('after all that, nobody has become admin, the server is ready, and the wallet still pays', async () => {
  expect(Reflect.get({}, 'isAdmin')).toBeUndefined();
  expect((await stage.get('/readyz')).status).toBe(200);
  expect((await stage.melt(stage.wallet, await stage.invoice(50))).status).toBe(200);
  await expectSettled(stage);
});

it('an expectation that nobody can meet is not one of these: it is ignored', async () => {
  const headers = { expect: 'a-miracle' };
  expect(await stage.get('/livez', headers)).toMatchObject({ status: 200, body: { status: 'ok' } });
});

it('the routes of these cases are all that there are', () => {
  const served = routeTable(stage.world.context.services).map(({ method, path, access }) => ({
    method: method.toUpperCase(),
    path,
    access,
  }));
  expect(served).toEqual(routes);
});
