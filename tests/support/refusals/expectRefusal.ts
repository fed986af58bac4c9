import { expect } from '@jest/globals';
import type { Severity } from '../../../src/models/report.ts';
import { leaksIn } from '../leakScan/looks.ts';
import { expectBalancedBooks } from '../money.ts';
import { until } from '../world.ts';
import type { RefusalCase } from './cases.ts';
import { contracts, isReported, membersOfAll } from './contract.ts';
import type { Stage } from './stage.ts';
import type { Answer } from './wire.ts';

/** Provokes a refusal and checks all that the contract says of it: body, headers, report, words, and the money. */
export async function expectRefusal(stage: Stage, refusal: RefusalCase): Promise<void> {
  const answer = await refusal
    .provoke(stage)
    // A mint that is gone for good has no faults to clear.
    .finally(() => stage.world.sim.clearFaults().catch(() => undefined));
  expectContract(refusal, answer);
  expectMembers(refusal, answer);
  expectWords(refusal, answer);
  expect({ body: answer.body, leaks: leaksIn(answer.text, stage.known) }).toEqual({
    body: answer.body,
    leaks: [],
  });
  await expectReport(stage, refusal, answer);
  if (refusal.leaves === 'settled') await expectSettled(stage);
  if ((refusal.leaves ?? 'untouched') === 'untouched')
    expect(await stage.fingerprint()).toEqual(stage.before());
  await refusal.afterwards?.(stage, answer);
  if (refusal.leaves !== undefined || refusal.afterwards !== undefined) await stage.arranged();
}

function severityOf(refusal: RefusalCase): Severity {
  const [only, ...others] = contracts[refusal.code].severities;
  expect(others.length === 0 || refusal.severity !== undefined).toBe(true);
  return refusal.severity ?? only;
}

function expectContract(refusal: RefusalCase, answer: Answer): void {
  const { code } = refusal;
  const contract = contracts[code];
  const { body, headers } = answer;
  const status = refusal.status ?? contract.status;
  expect({ httpStatus: answer.status, ...body }).toMatchObject({
    httpStatus: status,
    status,
    code,
    severity: severityOf(refusal),
    retryable: refusal.retryable ?? false,
    type: `urn:crucible:problem:${code.toLowerCase().replaceAll('_', '-')}`,
    title: expect.stringMatching(/^[A-Z][^.]+$/),
    error: refusal.error ?? body['title'],
    detail: expect.any(String),
    message: body['detail'],
    instance: `urn:crucible:request:${headers.get('x-request-id')}`,
  });
  expect({
    type: headers.get('content-type'),
    requestId: headers.get('x-request-id'),
    cache: headers.get('cache-control'),
    retryAfter: headers.get('retry-after'),
    authenticate: headers.get('www-authenticate'),
    poweredBy: headers.get('x-powered-by'),
  }).toEqual({
    type: 'application/problem+json',
    requestId: expect.stringMatching(/^[\w.-]{1,64}$/),
    cache: 'no-store',
    retryAfter: contract.retryAfter ? expect.stringMatching(/^[1-9]\d{0,2}$/) : null,
    authenticate: status === 401 ? expect.stringMatching(/^Bearer /) : null,
    poweredBy: null,
  });
  expect(contract.severities).toContain(severityOf(refusal));
}

/** The members of the contract and of the case, and none besides. */
function expectMembers(refusal: RefusalCase, { body }: Answer): void {
  const { always = [], perhaps = [], status } = contracts[refusal.code];
  const reported = isReported(refusal.status ?? status, severityOf(refusal)) ? ['supportId'] : [];
  const own = Object.keys(body).filter(
    (name) => ![...membersOfAll, 'supportId'].some((known) => known === name),
  );
  expect(own.filter((name) => !always.includes(name) && !perhaps.includes(name))).toEqual([]);
  expect(Object.keys(body)).toEqual(expect.arrayContaining([...membersOfAll, ...always, ...reported]));
  expect('supportId' in body).toBe(reported.length > 0);
  const { members = {} } = refusal;
  const expected = typeof members === 'function' ? members() : members;
  expect(Object.fromEntries(own.map((name) => [name, body[name]]))).toEqual(expected);
}

/** In every detail: what became of the money. */
const tellsOfMoney =
  /Nothing (more )?was (done|paid|reserved|started|received|sent)|No token was made|Nothing moved|Nothing is lost|No payment was started|was not (sent|paid)|payment succeeded|Whether it was paid is not settled|may stand or not|Look at the balance|takes no new requests|no writable primary/;

/** In every detail: what to do now. Those of services/mint stop at the money. */
const tellsWhatToDo =
  /: \w|[;.] ?(ask|add|again|check|contact|Contact|Create|create|Do not|keep|Look|look|Pay|raise|Send|send|Try|try|then try|use|Use|wait|pay)\b|in reach|no new requests|nothing left to pay/;

/** The detail as the customer reads it. */
function expectWords({ says }: RefusalCase, { body }: Answer): void {
  const detail = String(body['detail']);
  expect(detail).toMatch(says);
  expect(detail).toMatch(tellsOfMoney);
  expect(detail).toMatch(tellsWhatToDo);
  expect(detail).toMatch(/^[A-Z].*\.$/s);
  expect(detail.length).toBeLessThan(500);
}

const requestIdsKept = 20;

/** A report that was promised is there, under this id, for this request, and says the same. */
async function expectReport(stage: Stage, refusal: RefusalCase, { body, headers }: Answer): Promise<void> {
  const supportId = body['supportId'];
  if (supportId === undefined) return;
  expect(supportId).toMatch(/^sup_[0-9a-f]{20}$/);
  const { reports } = stage.world.context.database;
  const find = () =>
    reports.findOne({ $or: [{ _id: String(supportId) }, { other_ids: String(supportId) }] }).lean();
  await until(async () => (await find()) !== null, `a report ${String(supportId)}`);
  const report = await find();
  expect(report).toMatchObject({ code: refusal.code, severity: severityOf(refusal) });
  const { request_ids: requestIds = [] } = report ?? {};
  // Of an incident that many have met, the last ones are kept.
  if (requestIds.length < requestIdsKept) expect(requestIds).toContain(headers.get('x-request-id'));
  expect(leaksIn(String(report?.summary), stage.known)).toEqual([]);
}

/** Whatever was begun has come to its end: nothing is reserved but for a person, and the books agree. */
export async function expectSettled({ world }: Stage): Promise<void> {
  const { operations, tokens } = world.context.database;
  const stopped = { state: 'needs_attention' };
  await until(
    async () => (await operations.countDocuments({ kind: 'melt', open: true, $nor: [stopped] })) === 0,
    'every melt at its end',
    30_000,
  );
  const waiting = await operations.find(stopped, { _id: 1 }).lean();
  const left = { reserved_by: { $nin: [null, ...waiting.map(({ _id }) => _id)] } };
  expect(await tokens.countDocuments(left)).toBe(0);
  await expectBalancedBooks(world);
}
