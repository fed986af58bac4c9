import { type Breakage, edit } from './breakage.ts';

const ecash = 'src/repositories/recoveredEcash.ts';
const comebacks = 'src/repositories/comebacks.ts';
const stories = 'tests/integration/archive.test.ts';
const guards = 'tests/integration/archiveGuards.test.ts';

/** What was spent long ago and was put out of the way. */
export const archiving: Breakage[] = [
  {
    name: 'a recovery does not look into the archive',
    edits: [
      edit(
        ecash,
        'return new Set([...live, ...(await archive.among({ walletId: id, mintUrl }, Ys))]);',
        'return new Set(live);',
      ),
      edit(
        ecash,
        "await tokens.creditFound(tx, owner, {\n          transactionType: 'received',",
        "await tokens.credit(tx, owner, {\n          transactionType: 'received',",
      ),
    ],
    caughtBy: stories,
    test: 'restored without them',
  },
  {
    name: 'what was found is credited without a look into the archive in the same transaction',
    edits: [
      edit(
        ecash,
        "await tokens.creditFound(tx, owner, {\n          transactionType: 'received',",
        "await tokens.credit(tx, owner, {\n          transactionType: 'received',",
      ),
    ],
    caughtBy: guards,
    test: 'credited to no wallet once more',
  },
  {
    name: 'a decision takes archived sources for ones that are still there',
    edits: [
      edit(
        comebacks,
        'let gone = 0;\n    for (const where of [tokens, archivedTokens])',
        'let gone = 0;\n    for (const where of [tokens])',
      ),
    ],
    caughtBy: guards,
    test: 'taken up again',
  },
];
