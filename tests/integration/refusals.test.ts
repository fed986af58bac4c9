import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { ErrorCode } from '../../src/models/errors.ts';
import { leaksIn, mnemonicParts } from '../support/leakScan/looks.ts';
import { member } from '../support/money.ts';
import { accessCases } from '../support/refusals/cases/access.ts';
import { addressCases } from '../support/refusals/cases/addresses.ts';
import { bodyCases } from '../support/refusals/cases/bodies.ts';
import { brokenCases } from '../support/refusals/cases/broken.ts';
import { conflictCases } from '../support/refusals/cases/conflicts.ts';
import { failureCases } from '../support/refusals/cases/failures.ts';
import { invoiceCases } from '../support/refusals/cases/invoices.ts';
import { limitCases } from '../support/refusals/cases/limits.ts';
import { moneyCases } from '../support/refusals/cases/money.ts';
import { nonsenseCases } from '../support/refusals/cases/nonsense.ts';
import { outageCases, shutdownCases } from '../support/refusals/cases/outages.ts';
import { goneCases, silenceCases } from '../support/refusals/cases/silence.ts';
import { tokenCases } from '../support/refusals/cases/tokens.ts';
import { type Contract, codes, contracts } from '../support/refusals/contract.ts';

/** Every case that the other files of refusals provoke. */
const catalogue = [
  ...bodyCases,
  ...addressCases,
  ...accessCases,
  ...limitCases,
  ...invoiceCases,
  ...moneyCases,
  ...conflictCases,
  ...failureCases,
  ...nonsenseCases,
  ...silenceCases,
  ...goneCases,
  ...outageCases(() => {
    throw new Error('nothing is provoked here');
  }),
  ...shutdownCases,
  ...brokenCases,
  ...tokenCases,
];
const casesOf = (code: ErrorCode) => catalogue.filter((refusal) => refusal.code === code);
const contractsBy = (holds: (contract: Contract) => boolean) =>
  codes.filter((code) => holds(contracts[code]));

/** Where a code is thrown. Two files name all of them, one as a type, one with its status, and throw some; openapi throws none. */
const throwers = globSync('src/**/*.ts')
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => !['src/models/errors.ts', 'src/middleware/problems.ts'].includes(path))
  .filter((path) => !path.startsWith('src/openapi/'))
  .map((path) => readFileSync(path, 'utf8'));
const inErrors = readFileSync('src/models/errors.ts', 'utf8');
const inProblems = readFileSync('src/middleware/problems.ts', 'utf8');
const isRaised = (code: ErrorCode) =>
  throwers.some((text) => text.includes(`'${code}'`)) ||
  new RegExp(`DomainError\\(\\s*'${code}'`).test(inErrors + inProblems);

describe('The catalogue of refusals', () => {
  it.each(codes)('has a case of %s', (code) => {
    expect(casesOf(code).length).toBeGreaterThan(0);
    expect(isRaised(code)).toBe(true);
  });

  it('knows every code that the server knows', () => {
    const [, union = ''] = /export type ErrorCode =([^;]*);/.exec(inErrors) ?? [];
    const known = [...union.matchAll(/'([A-Z_]+)'/g)].map(([, code]) => code);
    expect(known.length).toBeGreaterThan(20);
    expect([...codes].sort()).toEqual(known.sort());
  });

  it('has each severity that a code may have', () => {
    for (const code of contractsBy(({ severities }) => severities.length > 1)) {
      const met = new Set(casesOf(code).map(({ severity }) => severity));
      expect([...met].sort()).toEqual([...contracts[code].severities].sort());
    }
  });

  it('has each member that a body may have', () => {
    for (const code of contractsBy(({ perhaps }) => perhaps !== undefined)) {
      const named = casesOf(code).flatMap(({ members = {} }) =>
        Object.keys(typeof members === 'function' ? members() : members),
      );
      const never = (contracts[code].perhaps ?? []).filter((name) => !named.includes(name));
      expect({ code, never }).toEqual({ code, never: [] });
    }
  });

  it('tells its cases apart', () => {
    const names = catalogue.map(({ code, what }) => `${code}: ${what}`);
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  });
});

describe('docs/api.md', () => {
  const docs = readFileSync('docs/api.md', 'utf8');
  const rows = [...docs.matchAll(/^\| (\d{3}) \| (.*?) \| ([A-Z ]+(?:or [A-Z]+)?) \|/gm)].flatMap(
    ([, status, names = '', severities = '']) =>
      [...names.matchAll(/`([A-Z_]+)`/g)].map(([, code]) => ({
        code,
        status: Number(status),
        severities: severities.split(' or '),
      })),
  );

  it('has a row for every code, with its status and severity', () => {
    const stated = codes.map((code) => ({
      code,
      status: contracts[code].status,
      severities: contracts[code].severities,
    }));
    expect(rows.sort(byCode)).toEqual(stated.sort(byCode));
  });

  it('names every cause of PAYMENT_FAILED that there is', () => {
    const [paragraph = ''] = /\*\*`cause` of `PAYMENT_FAILED`\*\*[\s\S]*?\n\n/.exec(docs) ?? [];
    const named = [...paragraph.matchAll(/`([A-Z_]+)`/g)].map(([, name]) => name);
    const provoked = casesOf('PAYMENT_FAILED').map(({ members }) => member(members, 'cause'));
    // What a person decides is provoked in supportDecide.test.ts.
    const causes = new Set(named.filter((name) => name !== 'PAYMENT_FAILED'));
    expect([...causes].sort()).toEqual([...new Set([...provoked, 'WRITTEN_OFF'])].sort());
  });
});

const byCode = (a: { code?: string | undefined }, b: { code?: string | undefined }) =>
  String(a.code).localeCompare(String(b.code));

/** What a careless answer might hold. Each must be found wherever in a body it stands. */
const planted: [string, string][] = [
  ['a proof’s secret', '407915bc212be61a77e3e6d2aeb4c727980bda51cd06a6afc29e2861768a7837'],
  ['a point', '02bc9097997d81afb2cc7346b5e4345a9346bd2a506eb7958598a72f0cf85163ea'],
  ['a locked secret', '["P2PK",{"nonce":"859d4935","data":"0249098a"}]'],
  ['a token', 'cashuBo2F0gqJhaUgA_9SLj17PgGFwgaNhYQFhc3hAYWNj'],
  ['an API key', `crk_0123456789abcdef_${'aB-_'.repeat(10)}abc`],
  ['a private key', 'nsec1vl029mgpspedva04g90vltkh6fvh240zqtv9k0t9af8935ke9laqsnlfe5'],
  ['a PEM block', '-----BEGIN PRIVATE KEY-----'],
  ['the address of a database', 'mongodb://127.0.0.1:27017/crucible?replicaSet=rs0'],
  ['a password', 'https://mint:hunter2@mint.test/v1'],
  ['a line of a stack', '    at melt (/srv/app/src/services/melt/saga.ts:12:7)'],
  ['a line of a stack of a module', 'at async file:///srv/app/src/index.ts:3:1'],
  ['a stack as a member', '"stack":"Error: x"'],
  ['a place in a program', 'saga.ts:12'],
  ['a traceback', 'Traceback (most recent call last)'],
  ['a path', '/home/crucible/.env'],
  ['a path of another system', 'C:\\\\crucible\\\\.env'],
  ['a dependency', 'node_modules/mongoose/lib/connection.js'],
  ['the driver', 'MongoServerSelectionError: connect ECONNREFUSED 127.0.0.1:27017'],
  ['the driver’s words', 'E11000 duplicate key error collection: crucible.operations index: _id_ dup key'],
  ['mongoose', 'Operation `wallets.findOne()` buffering timed out after 10000ms'],
  ['a socket', 'connect ECONNREFUSED 10.0.0.1:3338'],
  ['an HTTP library', 'UND_ERR_SOCKET other side closed'],
  ['a validator', 'ValidationError: "invoice" must be a string'],
  ['a parser', 'Unexpected token < in JSON at position 0'],
  ['the engine', "TypeError: Cannot read properties of undefined (reading 'id')"],
  ['a value that is none', 'The wallet holds undefined sat.'],
  ['an object as text', 'Nothing was done: [object Object].'],
  ['a page', '<html><body>502 Bad Gateway</body></html>'],
];

describe('The scanner of answers', () => {
  const decent = (detail: string, inside: object = {}) =>
    JSON.stringify({
      type: 'urn:crucible:problem:x',
      title: 'No',
      status: 400,
      detail,
      message: detail,
      ...inside,
    });

  it.each(planted)('finds %s, in a detail and deep inside', (_what, text) => {
    expect(leaksIn(decent(`Nothing was done: ${text}.`))).not.toEqual([]);
    expect(leaksIn(decent('Nothing was done.', { details: [{ field: 'x', message: text }] }))).not.toEqual(
      [],
    );
    expect(leaksIn(`X-Debug: ${text}\n\n${decent('Nothing was done.')}`)).not.toEqual([]);
  });

  it('finds what it is told to look for, in any case, and parts of a mnemonic', () => {
    const known = {
      ...mnemonicParts('half depart obvious quality work element'),
      'the master key': 'C0FFEE',
    };
    expect(leaksIn(decent('Try obvious quality work.'), known)).toEqual(['words 3 to 5 of the mnemonic']);
    expect(leaksIn(decent('It is c0ffee.'), known)).toEqual(['the master key']);
    expect(leaksIn(decent('A half depart of quality.'), known)).toEqual([]);
  });

  it('finds nothing in an ordinary answer', () => {
    const members = {
      transactionId: 'tx_melt_1795229787123_0123456789abcdef',
      quoteId: '01a1fc88-e292-783b-8997-b78982ada2e1',
      instance: 'urn:crucible:request:b4b26543-a7e1-4676-b8a1-3c8921c47ff9',
      statusUrl: `/api/wallet/npub1${'q'.repeat(58)}/melt/tx_melt_1_0a`,
      causeDetail: 'Lightning payment failed: no route',
      preimage: null,
    };
    expect(leaksIn(decent('Nothing was paid; try again at 12:30.', members))).toEqual([]);
  });
});
