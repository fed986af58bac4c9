import { type Breakage, edit } from './breakage.ts';

const melts = 'src/repositories/melts.ts';
const operations = 'src/repositories/operationWrites.ts';
const idempotencyRecords = 'src/repositories/idempotencyRecords.ts';
const splits = 'src/repositories/tokenSplits.ts';
const preparation = 'src/services/melt/preparation.ts';
const bury = 'src/services/operations/bury.ts';
const lostCommits = 'tests/integration/lostCommits.test.ts';
const concurrency = 'tests/integration/concurrency.test.ts';

/** Transaction A and what leads to it. */
export const reserving: Breakage[] = [
  {
    name: 'A takes tokens as it finds them: reserved, spent or changed',
    edits: [
      edit(
        splits,
        `          wallet_id: owner.walletId,
          status: 'unspent',
          reserved_by: null,
          version: wanted.version,
        },`,
        `          wallet_id: owner.walletId,
        },`,
      ),
    ],
    caughtBy: concurrency,
    test: 'thirty melts of one wallet at once',
  },
  {
    name: 'A reserves tokens outside of its transaction',
    edits: [
      edit(splits, `{ session: tx.session, returnDocument: 'before' }`, `{ returnDocument: 'before' }`),
    ],
    caughtBy: lostCommits,
    test: 'that never reached the database of transaction A',
  },
  {
    name: 'A loses the proofs that it leaves behind in a token',
    edits: [
      edit(
        splits,
        `other amounts than were selected\`);
    if (survivors.length > 0) await insertSurvivors(tx, found, survivors);`,
        `other amounts than were selected\`);`,
      ),
    ],
    caughtBy: 'tests/integration/melt.test.ts',
    test: 'with a swap and Lightning change',
  },
  {
    name: 'A writes its operation outside of its transaction',
    edits: [
      edit(
        operations,
        'await insertWhole<OperationDocument>(operations, inserted, tx);',
        'await insertWhole<OperationDocument>(operations, inserted, null);',
      ),
    ],
    caughtBy: lostCommits,
    test: 'that never reached the database of transaction A',
  },
  {
    name: 'A leaves out the idempotency record',
    edits: [
      edit(
        melts,
        'if (idempotency !== null) await operations.insertIdempotency(tx, idempotency, operation.createdAt);',
        '',
      ),
    ],
    caughtBy: 'tests/integration/meltIdempotency.test.ts',
    test: 'sent again once it is paid',
  },
  {
    name: 'A writes the idempotency record outside of its transaction',
    edits: [
      edit(
        idempotencyRecords,
        `      },
      tx,
    );`,
        `      },
      null,
    );`,
      ),
    ],
    caughtBy: lostCommits,
    test: 'that never reached the database of transaction A',
  },
  {
    name: 'A does not claim the invoice',
    edits: [edit('src/repositories/operationDocuments.ts', '...claim(operation),', '')],
    caughtBy: concurrency,
    test: 'the same invoice ten times through both',
  },
  {
    name: 'a commit of A that was not confirmed is taken for a failure',
    edits: [
      edit(
        melts,
        "if (error instanceof CommitUnknown) return 'unknown';",
        "if (error instanceof CommitUnknown) return 'tokens_taken';",
      ),
    ],
    caughtBy: lostCommits,
    test: 'that stands, though nobody heard of it of transaction A',
  },
  {
    name: 'a commit of A that was not confirmed is taken for a success',
    edits: [edit(preparation, 'return buryOrKeep(operations, operation);', 'return operation;')],
    caughtBy: lostCommits,
    test: 'that never reached the database of transaction A',
  },
  {
    name: 'no tombstone is put where A may have been',
    edits: [edit(bury, 'await operations.insertTombstone(operation);', '')],
    caughtBy: lostCommits,
    test: 'that stands, though nobody heard of it of transaction A',
  },
  {
    name: 'payments that race take more of a budget than there is',
    edits: [
      edit(
        'src/repositories/keySpending.ts',
        'if (BigInt(after.reserved) - back > limit)',
        'if (BigInt(after.reserved) - back > limit * 2n)',
      ),
    ],
    caughtBy: 'tests/integration/budgets.test.ts',
    test: 'thirty, of which the budget covers twelve',
  },
  {
    name: 'what a payment may cost is not held against the limit',
    edits: [
      edit(
        preparation,
        'if (cost > limit.amount) throw feeTooHigh(cost, quote.amount, limit, wallet.unit);',
        '',
      ),
    ],
    caughtBy: 'tests/integration/meltFees.test.ts',
    test: 'version 01 that takes 1000 ppk',
  },
  {
    name: 'the most that may leave the wallet is held against the fees alone',
    edits: [edit('src/services/melt/feeLimit.ts', 'amount: maxTotal - quote.amount', 'amount: maxTotal')],
    caughtBy: 'tests/integration/otherUnits.test.ts',
    test: 'asks for ten times its price',
  },
  {
    name: 'a mint may set its price without anybody having said how much it may be',
    edits: [edit('src/services/melt/meltService.ts', 'demandMaxTotal(wallet, request);', '')],
    caughtBy: 'tests/integration/otherUnits.test.ts',
    test: 'pays nothing without maxTotal',
  },
  {
    name: 'what a payment in msat did not need of a budget is given back in msat',
    edits: [
      edit(
        'src/repositories/operationDocuments.ts',
        'isOver ? 0n : budget.reserved - takenSat',
        'isOver ? 0n : budget.reserved - taken',
      ),
    ],
    caughtBy: 'tests/integration/otherUnits.test.ts',
    test: 'counts against a key’s budget in sat',
  },
  {
    name: 'a quote may be for another amount than its invoice',
    edits: [
      edit(
        'src/services/melt/quoting.ts',
        'quote.amount <= 0n || otherAmount || unpayable',
        'quote.amount <= 0n || unpayable',
      ),
    ],
    caughtBy: 'tests/integration/refusalsOfMints.test.ts',
    test: 'a request is refused because of its mint',
  },
  {
    name: 'what the payer named is not held against the quote',
    edits: [
      edit(
        'src/services/melt/quoting.ts',
        'const otherAmount = hasKnownWorth(wallet.unit) && !isWorth(quote.amount, wallet.unit, amountMsat);',
        'const otherAmount = payersMsat === null && hasKnownWorth(wallet.unit) && !isWorth(quote.amount, wallet.unit, amountMsat);',
      ),
    ],
    caughtBy: 'tests/integration/amountless.test.ts',
    test: 'that quotes 101 in place of the 100',
  },
  {
    name: 'all that there is may be quoted with a reserve that it does not cover',
    edits: [edit('src/services/melt/wishedQuote.ts', 'if (need <= reach && (best', 'if ((best')],
    caughtBy: 'tests/integration/amountless.test.ts',
    test: 'pays all of',
  },
  {
    name: 'a quote may be for another invoice',
    edits: [
      edit(
        'src/services/melt/quoting.ts',
        'unpayable || otherInvoice || otherUnit',
        'unpayable || otherUnit',
      ),
    ],
    caughtBy: 'tests/integration/refusalsOfMints.test.ts',
    test: 'a request is refused because of its mint',
  },
  {
    name: 'indices of outputs are read, and not taken',
    edits: [edit('src/repositories/counters.ts', '$inc: { next: count }', '$max: { next: count }')],
    caughtBy: 'tests/integration/melt.test.ts',
    test: 'with a swap and Lightning change',
  },
  {
    name: 'a sealed text opens wherever it is put',
    edits: [
      edit(
        'src/repositories/sealing.ts',
        "cipher.setAAD(Buffer.from(purpose, 'utf8'));\n      const body",
        'const body',
      ),
      edit('src/repositories/sealing.ts', "decipher.setAAD(Buffer.from(purpose, 'utf8'));", ''),
    ],
    caughtBy: 'tests/unit/sealing.test.ts',
    test: 'opens nowhere but where it belongs',
  },
];
