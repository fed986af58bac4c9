import { type Breakage, edit } from './breakage.ts';

const melts = 'src/repositories/melts.ts';
const saga = 'src/services/melt/saga.ts';
const lostCommits = 'tests/integration/lostCommits.test.ts';
const besideOthers = 'tests/integration/meltBesideOthers.test.ts';
const recovery = 'tests/integration/recovery.test.ts';
const guards = 'tests/integration/transactionGuards.test.ts';

/** Transaction R and cancelling. */
export const releasing: Breakage[] = [
  {
    name: 'R forgets to free the reservation',
    edits: [
      edit(
        'src/repositories/sourceBooking.ts',
        'const freed = await tokens.unreserve(tx, walletId, id);',
        'const freed = sourceTokenIds.length;',
      ),
    ],
    caughtBy: lostCommits,
    test: 'what was only reserved is free again',
  },
  {
    name: 'R frees the reservation outside of its transaction',
    edits: [
      edit(
        'src/repositories/tokens.ts',
        `      { $set: { reserved_by: null, updated_at: new Date() }, $inc: { version: 1 } },
      { session: tx.session },`,
        `      { $set: { reserved_by: null, updated_at: new Date() }, $inc: { version: 1 } },
      {},`,
      ),
    ],
    caughtBy: lostCommits,
    test: 'what was only reserved is free again',
  },
  {
    name: 'R credits what comes back and leaves the sources as they were',
    edits: [
      edit(
        melts,
        `        if (!current.bookedEarly)
          await tokens.spendReserved(tx, current.walletId, current.sourceTokenIds, current.id, at);`,
        '',
      ),
    ],
    caughtBy: besideOthers,
    test: 'a route that fails',
  },
  {
    name: 'R gives back what was fenced and forgets what was kept',
    edits: [
      edit(
        saga,
        'return again(await melts.release(operation, [...keep, ...proofs]));',
        'return again(await melts.release(operation, proofs));',
      ),
    ],
    caughtBy: recovery,
    test: 'before the melt left, is fenced off',
  },
  {
    name: 'R ends the operation outside of its transaction',
    edits: [
      edit(
        melts,
        `        'funds are back',
        at,
        tx,`,
        `        'funds are back',
        at,`,
      ),
    ],
    caughtBy: lostCommits,
    test: 'what was swapped comes back later',
  },
  {
    name: 'R releases a melt that has moved on since it was decided',
    edits: [edit(melts, "demand(current, operation.version, ['releasing']);", '')],
    caughtBy: guards,
    test: 'decided on what is no longer so',
  },
  {
    name: 'R keeps the invoice for itself',
    edits: [
      edit(
        'src/repositories/operationDocuments.ts',
        "operation.kind === 'melt' && operation.state !== 'released' && operation.state !== 'cancelled'",
        "operation.kind === 'melt' && operation.state !== 'cancelled'",
      ),
    ],
    caughtBy: besideOthers,
    test: 'a route that fails',
  },
  {
    name: 'cancelling keeps the idempotency key',
    edits: [
      edit(
        melts,
        'await operations.freeIdempotency(tx, current.walletId, current.idempotencyId);',
        'void current.idempotencyId;',
      ),
    ],
    caughtBy: recovery,
    test: 'prepared is cancelled',
  },
  {
    name: 'cancelling leaves the tokens reserved',
    edits: [
      edit(
        melts,
        `await freeSources(tokens, tx, current);
      if (current.idempotencyId`,
        'if (current.idempotencyId',
      ),
    ],
    caughtBy: recovery,
    test: 'prepared is cancelled',
  },
  {
    name: 'what is cancelled may have been sent',
    edits: [edit(melts, "demand(current, operation.version, ['prepared']);", '')],
    caughtBy: guards,
    test: 'decided on what is no longer so',
  },
];
