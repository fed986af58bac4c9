import { type Breakage, edit } from './breakage.ts';

const decidedAbout = 'tests/integration/supportDecide.test.ts';

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
        'await bookSources(tokens, tx, operation, operation.held?.keep ?? [], at);',
        'await sourcesGivenUp(tx, operation, at);',
      ),
    ],
    caughtBy: decidedAbout,
    test: 'leaves what is proven in the wallet',
  },
  {
    name: 'what a restore has brought back is taken back once more',
    edits: [
      edit(
        'src/services/support/grounds.ts',
        'return holding.some(({ id }) => !sourceTokenIds.includes(id));',
        'return false;',
      ),
    ],
    caughtBy: decidedAbout,
    test: 'is not taken back a second time',
  },
  {
    name: 'what a restore has brought back and the wallet has spent since is taken for a payment of its own',
    edits: [
      edit(
        'src/services/support/grounds.ts',
        'holding.some(({ id }) => !sourceTokenIds.includes(id))',
        "holding.some(({ status }) => status !== 'spent')",
      ),
    ],
    caughtBy: decidedAbout,
    test: 'and the wallet has spent since',
  },
];
