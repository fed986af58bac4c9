import { type Breakage, edit } from './breakage.ts';

const upkeeps = 'src/repositories/upkeeps.ts';
const keepUp = 'src/services/upkeep/keepUp.ts';
const choosing = 'src/services/upkeep/choosing.ts';
const upkeep = 'tests/integration/upkeep.test.ts';
const lostCommits = 'tests/integration/upkeepLostCommits.test.ts';
const rolledBack = 'tests/integration/upkeepRolledBack.test.ts';
const faults = 'tests/integration/upkeepFaults.test.ts';

const reserving = 'switch (await upkeeps.reserve(operation, reservations, lease)) {';

/** Swaps of a wallet's own ecash that nobody asked for. */
export const upkeeping: Breakage[] = [
  {
    name: 'an upkeep does not claim that it is the only one of its wallet',
    edits: [
      edit(
        'src/repositories/operationDocuments.ts',
        "if (operation.kind === 'upkeep' && !isFinished(operation.state)) return { payment_hash_claim: 'upkeep' };",
        '',
      ),
    ],
    caughtBy: upkeep,
    test: 'is one at a time',
  },
  {
    name: 'an upkeep reserves nothing',
    edits: [edit(upkeeps, 'await tokens.reserve(tx, ownerOf(operation), reservations, operation.id);', '')],
    caughtBy: upkeep,
    test: 'brings all ecash into the active keyset',
  },
  {
    name: 'an upkeep is swapped before it is written down',
    edits: [
      edit(
        keepUp,
        reserving,
        `await submit(operation, 'swap', mints.at(wallet.mintUrl).gateway);\n    ${reserving}`,
      ),
      edit(
        keepUp,
        "import { type Chosen, chooseUpkeep } from './choosing.ts';",
        "import { submit } from '../operations/post.ts';\nimport { type Chosen, chooseUpkeep } from './choosing.ts';",
      ),
    ],
    caughtBy: lostCommits,
    test: 'that never reached the database of its reservation',
  },
  {
    name: 'a reservation of an upkeep that was not confirmed is taken for a success',
    edits: [edit(keepUp, 'await buryOrKeep(operations, operation);', '')],
    caughtBy: lostCommits,
    test: 'that never reached the database of its reservation',
  },
  {
    name: 'a reservation of an upkeep that was not confirmed is taken for a failure',
    edits: [
      edit(
        upkeeps,
        "if (error instanceof CommitUnknown) return 'unknown';",
        "if (error instanceof CommitUnknown) return 'taken';",
      ),
    ],
    caughtBy: lostCommits,
    test: 'that stands, though nobody heard of it of its reservation',
  },
  {
    name: 'the plan of an upkeep leaves out the fee',
    edits: [
      edit(
        'src/services/exchange/plans.ts',
        'const amount = sumAmounts(inputs) - fee;\n    if (fee > expectedFee',
        'const amount = sumAmounts(inputs);\n    if (fee > expectedFee',
      ),
    ],
    caughtBy: upkeep,
    test: 'swaps out of a retired keyset all the same',
  },
  {
    name: 'the fee of an upkeep is rounded up for each proof',
    edits: [
      edit(
        choosing,
        'const fee = inputFee(inputs.map(({ feePpk }) => feePpk));',
        'const fee = inputs.reduce((sum, { feePpk }) => sum + inputFee([feePpk]), 0n);',
      ),
    ],
    caughtBy: 'tests/unit/upkeepChoosing.test.ts',
    test: 'Upkeep chooses',
  },
  {
    name: 'an upkeep swaps proofs that are worth no more than spending them costs',
    edits: [edit(choosing, '.filter(({ amount, feePpk }) => amount * 1_000n > feePpk)', '')],
    caughtBy: 'tests/unit/upkeepChoosing.test.ts',
    test: 'Upkeep chooses',
  },
  {
    name: 'the audit leaves out what an upkeep has cost',
    edits: [
      edit(
        upkeeps,
        '{ amount: credited, fee, reason, ...counts }',
        '{ amount: credited, reason, ...counts }',
      ),
    ],
    caughtBy: upkeep,
    test: 'says in the audit what it cost',
  },
  {
    name: 'the booking of an upkeep forgets to mark the sources as spent',
    edits: [edit(upkeeps, 'await tokens.spendReserved(tx, walletId, sourceTokenIds, id, at);', '')],
    caughtBy: upkeep,
    test: 'brings all ecash into the active keyset',
  },
  {
    name: 'an upkeep that the mint refuses keeps its sources',
    edits: [edit(upkeeps, 'await freeSources(tokens, tx, current);', '')],
    caughtBy: upkeep,
    test: 'gives everything back where the mint refuses',
  },
  {
    name: 'an upkeep that seems never begun is called off without a look at the mint',
    edits: [
      edit(
        'src/services/exchange/ownSwap.ts',
        "if (view.inputs === 'UNSPENT' && view.outputs === 'UNSIGNED') return again(await cancel(operation));",
        "if (view.inputs !== 'UNREACHABLE') return again(await cancel(operation));",
      ),
    ],
    caughtBy: rolledBack,
    test: 'by the swap that the books know, as yet unsent',
  },
  {
    name: 'an upkeep that lost time has overtaken keeps its sources',
    edits: [
      edit(
        'src/repositories/recoveredEcash.ts',
        `      await tokens.unreserve(tx, current.walletId, current.id);
      const failure = { cause: 'STORE_BEHIND_MINT', detail: null };`,
        "      const failure = { cause: 'STORE_BEHIND_MINT', detail: null };",
      ),
    ],
    caughtBy: rolledBack,
    test: 'by a swap that the books do not know',
  },
  {
    name: 'an upkeep whose ecash is gone frees it',
    edits: [
      edit(
        'src/services/upkeep/upkeepHandler.ts',
        'return own.lost(operation);',
        "return again(await upkeeps.release(operation, { cause: 'TOKEN_SPENT', detail: null }));",
      ),
    ],
    caughtBy: faults,
    test: 'as somebody else has spent its ecash',
  },
  {
    name: 'a wallet that is being recovered is kept up',
    edits: [
      edit(
        keepUp,
        "if (wallet.recovery !== undefined && !(isUrgent && wallet.recovery === 'watching')) return 'nothing';",
        '',
      ),
    ],
    caughtBy: upkeep,
    test: 'leaves a wallet alone that is being recovered',
  },
];
