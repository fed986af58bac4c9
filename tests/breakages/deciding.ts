import { type Breakage, edit } from './breakage.ts';

const decidedAbout = 'tests/integration/supportDecide.test.ts';
const stopped = 'tests/integration/supportStopped.test.ts';
const leftOut = 'tests/integration/supportLeftOut.test.ts';
const givenUp = 'tests/integration/supportWriteOff.test.ts';

/** What people decide. */
export const deciding: Breakage[] = [
  {
    name: 'a fence that a person wants takes ecash that the mint holds for the payment',
    edits: [
      edit(
        'src/services/melt/decision.ts',
        "return fenceDecided && inputs === 'UNSPENT' &&",
        "return fenceDecided && inputs !== 'SPENT' &&",
      ),
    ],
    caughtBy: 'tests/unit/decision.test.ts',
    test: 'only what the mint calls unspent',
  },
  {
    name: 'a write-off gives up what is proven, too',
    edits: [
      edit(
        'src/repositories/decisions.ts',
        'await bookSources(books, tx, operation, operation.held?.keep ?? [], at);',
        'await sourcesGivenUp(tx, books, operation, at);',
      ),
    ],
    caughtBy: decidedAbout,
    test: 'leaves what is proven in the wallet',
  },
  {
    name: 'what a restore has brought back is taken back once more',
    edits: [
      edit(
        'src/repositories/comebacks.ts',
        "if (await isElsewhere(tx, operation, names.inputs)) throw new CameBack('inputs_found');",
        '',
      ),
    ],
    caughtBy: decidedAbout,
    test: 'is not taken back a second time',
  },
  {
    name: 'what a restore has brought back and the wallet has spent since is taken for a payment of its own',
    edits: [
      edit(
        'src/repositories/comebacks.ts',
        '_id: { $nin: [...sourceTokenIds] },',
        "_id: { $nin: [...sourceTokenIds] }, status: { $ne: 'spent' },",
      ),
    ],
    caughtBy: decidedAbout,
    test: 'and the wallet has spent since',
  },
  {
    name: 'a silent mint is reason enough to give up what a swap was to take',
    edits: [
      edit(
        'src/services/support/grounds.ts',
        "const inputs = first === 'SPENT' ?",
        "if (first === 'UNREACHABLE') return null;\n    const inputs = first === 'SPENT' ?",
      ),
    ],
    caughtBy: givenUp,
    test: 'does not say whether it is spent',
  },
  {
    name: 'a restore that ends just before something is taken up again is not noticed',
    edits: [
      edit(
        'src/repositories/comebacks.ts',
        'await demandNoRecovery(tx, operation);\n    if (',
        'if (names.inputs.length > 0) return demandNoRecovery(tx, operation);\n    if (',
      ),
    ],
    caughtBy: stopped,
    test: 'that begins and ends just before it',
  },
  {
    name: 'what has stayed in the wallet is taken back, too',
    edits: [
      edit(
        'src/repositories/comebacks.ts',
        'if (!(await areSourcesGone(tx, operation)))',
        'if (!(await areSourcesGone(tx, operation)) && names.inputs.length === 0)',
      ),
    ],
    caughtBy: stopped,
    test: 'takes nothing that is in the wallet',
  },
  {
    name: 'what a fence left out is given up whatever the mint says of it by now',
    edits: [
      edit(
        'src/services/support/grounds.ts',
        'return { why: isClear ? null : unclear, unspent };',
        'return { why: isClear || unclear ? null : unclear, unspent: [] };',
      ),
    ],
    caughtBy: leftOut,
    test: 'what the mint calls unspent by now comes back',
  },
  {
    name: 'what a fence left out is not found by a restore',
    edits: [
      edit('src/repositories/recoveredEcash.ts', "'details.failure.cause': { $ne: 'WRITTEN_OFF' },", ''),
    ],
    caughtBy: leftOut,
    test: 'is found by a restore',
  },
  {
    name: 'a paid minting is given up before the mint has issued it',
    edits: [
      edit(
        'src/services/support/grounds.ts',
        'if (await isSurelyIssued(operation)) return null;',
        'if (operation.quoteId) return null;',
      ),
    ],
    caughtBy: givenUp,
    test: 'is not given up before the mint has issued it',
  },
  {
    name: 'a payment whose change a restore has found is taken up again',
    edits: [
      edit(
        'src/repositories/comebacks.ts',
        "if (await isElsewhere(tx, operation, names.outputs)) throw new CameBack('outputs_found');",
        '',
      ),
    ],
    caughtBy: stopped,
    test: 'is not fenced once a restore has found its change',
  },
];
