import { type Breakage, edit } from './breakage.ts';

const melts = 'src/repositories/melts.ts';
const sourceBooking = 'src/repositories/sourceBooking.ts';
const tokens = 'src/repositories/tokens.ts';
const saga = 'src/services/melt/saga.ts';
const lostCommits = 'tests/integration/lostCommits.test.ts';
const melt = 'tests/integration/melt.test.ts';
const pending = 'tests/integration/pending.test.ts';
const guards = 'tests/integration/transactionGuards.test.ts';

/** Transactions B and S, and the minting's credit. */
export const booking: Breakage[] = [
  {
    name: 'B forgets to mark the sources as spent',
    edits: [
      edit(
        sourceBooking,
        'await tokens.spendReserved(tx, operation.walletId, operation.sourceTokenIds, operation.id, at);',
        '',
      ),
    ],
    caughtBy: melt,
    test: 'with a swap and Lightning change',
  },
  {
    name: 'B marks the sources as spent outside of its transaction',
    edits: [
      edit(
        tokens,
        `        $set: { status: 'spent', spent_at: at, spent_reason: reason, reserved_by: null, updated_at: at },
        $inc: { version: 1 },
      },
      { session: tx.session },`,
        `        $set: { status: 'spent', spent_at: at, spent_reason: reason, reserved_by: null, updated_at: at },
        $inc: { version: 1 },
      },
      {},`,
      ),
    ],
    caughtBy: lostCommits,
    test: 'that never reached the database of transaction B',
  },
  {
    name: 'B settles the operation outside of its transaction',
    edits: [
      edit(
        melts,
        `        'booked: sources spent, change credited',
        at,
        tx,`,
        `        'booked: sources spent, change credited',
        at,`,
      ),
    ],
    caughtBy: lostCommits,
    test: 'that never reached the database of transaction B',
  },
  {
    name: 'B credits keep and change outside of its transaction',
    edits: [
      edit(
        tokens,
        'await insertWhole<TokenDocument>(tokens, tokenDocument(token, sealer), tx);',
        'await insertWhole<TokenDocument>(tokens, tokenDocument(token, sealer), null);',
      ),
    ],
    caughtBy: lostCommits,
    test: 'that never reached the database of transaction B',
  },
  {
    name: 'B forgets the Lightning change',
    edits: [
      edit(
        melts,
        'meltChangeProofs.length === 0\n          ? null',
        'meltChangeProofs.length >= 0\n          ? null',
      ),
    ],
    caughtBy: melt,
    test: 'with a swap and Lightning change',
  },
  {
    name: 'B forgets what was kept',
    edits: [
      edit(sourceBooking, 'keepProofs.length === 0\n      ? null', 'keepProofs.length >= 0\n      ? null'),
    ],
    caughtBy: melt,
    test: 'with a swap and Lightning change',
  },
  {
    name: 'B leaves no line in the audit log',
    edits: [
      edit(
        melts,
        `      await record(tx, operation, 'melt.settled', {
        paid: operation.quote.amount,
        fees: feesPaid(operation, atomicResult),
        sourceTokensSpent: atomicResult.sourceTokensSpent,
        keep: atomicResult.keepAmount,
        change: atomicResult.meltChangeAmount,
      });`,
        '',
      ),
    ],
    caughtBy: melt,
    test: 'writes to the audit log',
  },
  {
    name: 'B run again on a settled melt credits its change once more',
    edits: [
      edit(melts, 'if (!payableStates.includes(operation.state)) return settledAlready(operation, tx);', ''),
      edit(melts, 'transactionId}_melt_change`', 'transactionId}_melt_change` + at.getTime()'),
      edit(
        'src/models/schemas/token.ts',
        "name: 'one_token_per_proof', unique: true",
        "name: 'one_token_per_proof'",
      ),
    ],
    caughtBy: guards,
    test: 'run again',
  },
  {
    name: 'B takes a melt that has moved on since it was decided for one that is booked',
    edits: [
      edit(
        melts,
        'if (settled === null) return settledAlready(operation, tx);',
        'if (settled === null) return operation;',
      ),
    ],
    caughtBy: guards,
    test: 'decided on what is no longer so',
  },
  {
    name: 'B spends other tokens than were reserved',
    edits: [edit(melts, 'sameIds(operation.sourceTokenIds, sourceTokenIds)', 'sourceTokenIds.length > 0')],
    caughtBy: guards,
    test: 'other source tokens',
  },
  {
    name: 'a proof may be in two tokens',
    edits: [
      edit(
        'src/models/schemas/token.ts',
        "name: 'one_token_per_proof', unique: true",
        "name: 'one_token_per_proof'",
      ),
    ],
    caughtBy: guards,
    test: 'a second token',
  },
  {
    name: 'a commit that was not confirmed is taken for done',
    edits: [
      edit(
        'src/repositories/transaction.ts',
        'if (attempt >= maxCommits || leftMs() < 0) throw new CommitUnknown(error);',
        'if (attempt >= maxCommits || leftMs() < 0) return;',
      ),
    ],
    caughtBy: lostCommits,
    test: 'that never reached the database of transaction B',
  },
  {
    name: 'S does not write down that it has booked',
    edits: [edit(melts, '{ ...changes, atomicResult, bookedEarly: true }', '{ ...changes, atomicResult }')],
    caughtBy: pending,
    test: 'does not freeze the change',
  },
  {
    name: 'S has booked, and B books the same once more',
    edits: [
      edit(
        sourceBooking,
        'if (operation.bookedEarly) {',
        'if (operation.bookedEarly && operation.atomicResult === null) {',
      ),
    ],
    caughtBy: pending,
    test: 'does not freeze the change',
  },
  {
    name: 'S is never run while the mint says PENDING',
    edits: [edit(saga, 'if (!due || !(await', 'if (!operation.bookedEarly || !(await')],
    caughtBy: lostCommits,
    test: 'that never reached the database of transaction S',
  },
  {
    name: 'S is never run while the mint holds the request open',
    edits: [edit('src/services/melt/courier.ts', 'if (slow)', 'if (slow && sent.bookedEarly)')],
    caughtBy: pending,
    test: 'held open by the mint',
  },
  {
    name: 'S writes to the operation outside of its transaction',
    edits: [
      edit(
        melts,
        `        { ...changes, atomicResult, bookedEarly: true },
        event,
        at,
        tx,`,
        `        { ...changes, atomicResult, bookedEarly: true },
        event,
        at,`,
      ),
    ],
    caughtBy: lostCommits,
    test: 'that never reached the database of transaction S',
  },
  {
    name: 'after S, what the operation holds counts as no balance',
    edits: [
      edit(
        'src/repositories/operationDocuments.ts',
        'return gone.includes(operation.state) ? 0n : sumAmounts(operation.held.send);',
        'return gone.includes(operation.state) ? sumAmounts(operation.held.send) : 0n;',
      ),
    ],
    caughtBy: pending,
    test: 'does not freeze the change',
  },
  {
    name: 'a minting fills its token outside of its transaction',
    edits: [
      edit(
        tokens,
        `        $set: { status: 'unspent', proofs: filled.proofs, total_amount: filled.total_amount, updated_at: at },
        $inc: { version: 1 },
      },
      { session: tx.session },`,
        `        $set: { status: 'unspent', proofs: filled.proofs, total_amount: filled.total_amount, updated_at: at },
        $inc: { version: 1 },
      },
      {},`,
      ),
    ],
    caughtBy: lostCommits,
    test: 'that never reached the database of a minting',
  },
];
