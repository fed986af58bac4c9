import { type Breakage, edit } from './breakage.ts';

const leakScan = 'tests/integration/leakScan.test.ts';
const echo = 'when the mint throws our own request back at us';

/** What nobody may see, and keys that must open what they have sealed. */
export const secrets: Breakage[] = [
  {
    name: 'replies of the mint are stored as they came',
    edits: [
      edit(
        'src/repositories/operationDocuments.ts',
        '{ http_status: reply.httpStatus, at: reply.at }',
        '{ http_status: reply.httpStatus, at: reply.at, body: reply.body }',
      ),
    ],
    caughtBy: leakScan,
    test: echo,
  },
  {
    name: 'a refusal repeats a field’s name, whatever the caller wrote there',
    edits: [edit('src/models/errors.ts', 'field: redactText(field),', 'field,')],
    caughtBy: leakScan,
    test: 'in refusals of requests',
  },
  {
    name: 'a rotation leaves alone what the old master key sealed directly',
    edits: [
      edit(
        'src/repositories/resealing/resealing.ts',
        'for (const shelf of shelves) yield* shelf.moveAll();',
        'for (const shelf of shelves.slice(2)) yield* shelf.moveAll();',
      ),
      edit(
        'src/repositories/resealing/resealing.ts',
        'for (const shelf of shelves) left.records += await shelf.count();',
        'for (const shelf of shelves.slice(2)) left.records += await shelf.count();',
      ),
    ],
    caughtBy: 'tests/integration/masterKey.test.ts',
    test: 'rotates in beside servers that pay',
  },
  {
    name: 'of two data keys that are made at once, each server keeps its own',
    edits: [
      edit(
        'src/repositories/dataKeys.ts',
        'if (duplicateKeyIndex(error) === null) throw error;',
        'if (duplicateKeyIndex(error) !== null) return key;\n      if (duplicateKeyIndex(error) === null) throw error;',
      ),
    ],
    caughtBy: 'tests/integration/dataKeys.test.ts',
    test: 'is one, though many servers seal',
  },
  {
    name: 'a server starts without a master key that is still needed',
    edits: [
      edit(
        'src/repositories/resealing/startCheck.ts',
        'if (missing !== null) throw new',
        'if (missing === null) return; new',
      ),
    ],
    caughtBy: 'tests/integration/dataKeys.test.ts',
    test: 'keeps a server with other master keys from starting',
  },
];
