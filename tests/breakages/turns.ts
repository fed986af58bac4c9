import { type Breakage, edit } from './breakage.ts';

const fairTurns = 'src/models/fairTurns.ts';
const transaction = 'src/repositories/transaction.ts';
const unit = 'tests/unit/fairTurns.test.ts';
const integration = 'tests/integration/transactionTurns.test.ts';

/** Whose transaction is next. */
export const takingTurns: Breakage[] = [
  {
    name: 'a wallet keeps its turn for as long as it has transactions',
    edits: [
      edit(
        fairTurns,
        `    lines.delete(name);
    if (line.length > 0) lines.set(name, line);`,
        '    if (line.length === 0) lines.delete(name);',
      ),
    ],
    caughtBy: integration,
    test: 'asks for its balance a hundred times',
  },
  {
    name: 'a task that throws keeps its place',
    edits: [
      edit(
        fairTurns,
        `    try {
      return await task();
    } finally {
      leave();
    }`,
        `    const result = await task();
    leave();
    return result;`,
      ),
    ],
    caughtBy: unit,
    test: 'run no more than there are places',
  },
  {
    name: 'a booking is refused where others of its wallet fill the line',
    edits: [
      edit(
        transaction,
        '  const session = await connection.startSession();',
        `  if (turns.waiting(walletId) >= maxInLine) throw new NoTurn('full');
  const session = await connection.startSession();`,
      ),
    ],
    caughtBy: integration,
    test: 'what is under way waits all the same',
  },
];
