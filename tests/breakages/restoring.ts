import { type Breakage, edit } from './breakage.ts';

const detection = 'src/services/restore/detection.ts';
const lostTime = 'src/services/melt/lostTime.ts';
const recovery = 'src/services/restore/recovery.ts';
const keysetScans = 'src/services/restore/keysetScans.ts';
const hanging = 'tests/integration/rolledBackHanging.test.ts';
const rolledBack = 'tests/integration/rolledBack.test.ts';
const requests = 'tests/integration/restoreRequests.test.ts';
const open = 'tests/integration/rolledBackOpen.test.ts';

const beginsAtFirst = edit(
  'src/repositories/counters.ts',
  'if (await wasBehind(walletId)) await raise',
  'if ((await wasBehind(walletId)) && count === 0) await raise',
);

/** A store that has fallen behind its mint. */
export const restoring: Breakage[] = [
  {
    name: 'a restore that somebody asks for moves the counters, needed or not',
    edits: [edit(keysetScans, "boolean => reason !== 'requested';", "boolean => reason !== 'asked';")],
    caughtBy: requests,
    test: 'is given nothing, however often it is restored',
  },
  {
    name: 'books that a request finds behind keep their counters',
    edits: [edit(keysetScans, 'isBehind && !isNeeded(present())', 'isBehind && isNeeded(present())')],
    caughtBy: requests,
    test: 'is restored once',
  },
  {
    name: 'what was restored is counted only by the recovery that was not cut short',
    edits: [
      edit(
        'src/repositories/recoveredEcash.ts',
        '{ _id: walletId, recovery: { $exists: true } },',
        "{ _id: walletId, recovery: { $exists: true }, 'recovery.reason': 'requested' },",
      ),
    ],
    caughtBy: requests,
    test: 'is told in full though the recovery was cut short',
  },
  {
    name: 'outputs that the mint has signed already are taken for new',
    edits: [edit(detection, 'if (signed.length === 0) return;', 'if (signed.length >= 0) return;')],
    caughtBy: rolledBack,
    test: 'is noticed at the first payment',
  },
  {
    name: 'whatever a mint says it has signed proves the books behind',
    edits: [
      edit(
        detection,
        'await isAnyGood(owner, outputs, signed));',
        '(await isAnyGood(owner, outputs, signed)) || signed.length > 0);',
      ),
    ],
    caughtBy: 'tests/integration/recoveredByMistake.test.ts',
    test: 'a mistake about outputs',
  },
  {
    name: 'what was proven is forgotten when an operator demands a recovery',
    edits: [
      edit(
        'src/repositories/recoveries.ts',
        "'recovery.stuck_since': {},",
        "'recovery.stuck_since': {},\n          'recovery.is_proven': false,",
      ),
    ],
    caughtBy: 'tests/integration/rolledBackProven.test.ts',
    test: 'recovered just after',
  },
  {
    name: 'a recovery leaves the counters where they are',
    edits: [
      edit(
        keysetScans,
        'counters.raise(wallet.id, keysetId, counterAfter(progress));',
        'counters.raise(wallet.id, keysetId, counterAfter(progress) * 0);',
      ),
    ],
    caughtBy: rolledBack,
    test: 'is noticed at the first payment',
  },
  {
    name: 'a recovery moves only the counters of keysets in which the mint has signed',
    edits: [
      edit(
        keysetScans,
        'if (moves) await moveCounter(wallet, keysetId, progress);\n        progress',
        'if (moves && progress.lastSigned !== null) await moveCounter(wallet, keysetId, progress);\n        progress',
      ),
      beginsAtFirst,
    ],
    caughtBy: hanging,
    test: 'in a keyset that is new since',
  },
  {
    name: 'a recovery leaves the counters of keysets that are not listed where they are',
    edits: [
      edit(keysetScans, 'await moveCounter(wallet, keysetId, progress);\n      }', 'void progress;\n      }'),
    ],
    caughtBy: hanging,
    test: 'that the mint did not list for a moment',
  },
  {
    name: 'a keyset that no list has shown begins at the first index, in a wallet that was behind',
    edits: [beginsAtFirst],
    caughtBy: hanging,
    test: 'new since and was not listed for a moment',
  },
  {
    name: 'a recovery ends without another look for the change of what was under way',
    edits: [edit(recovery, 'if (isWhole && !isHeld && isLate) {', 'if (isWhole && isHeld && !isLate) {')],
    caughtBy: hanging,
    test: 'change that is signed once it goes through',
  },
  {
    name: 'a recovery does not compare what the books hold with the mint',
    edits: [
      edit(
        recovery,
        'const result = await preflight.reconcile(wallet, tokens);',
        'const result = await preflight.reconcile(wallet, []);',
      ),
    ],
    caughtBy: rolledBack,
    test: 'is noticed at the first payment',
  },
  {
    name: 'what a payment has taken is credited again when the mint calls it unspent',
    edits: [
      edit(
        'src/services/restore/finding.ts',
        'open.filter(({ output }) => !spent.has(output.B_))',
        'open.filter(({ output }) => spent.size < 0 || output.B_ !== "")',
      ),
    ],
    caughtBy: 'tests/integration/rolledBackMint.test.ts',
    test: 'SPENT became UNSPENT',
  },
  {
    name: 'a recovery takes what an open payment holds for nobody’s',
    edits: [
      edit(
        'src/repositories/outputsInHand.ts',
        'if (names.has(B_)) owners.set(B_, how);',
        "if (names.has(B_)) owners.set('', how);",
      ),
    ],
    caughtBy: 'tests/integration/restoreBesideQuotes.test.ts',
    test: 'is recovered while a payment of it is under way',
  },
  {
    name: 'a worker cancels a melt that went on in a time that the books have lost',
    edits: [
      edit(
        lostTime,
        "if (role === 'creator') return null;",
        "if (operation.state === 'prepared') return null;",
      ),
    ],
    caughtBy: open,
    test: 'it is told as paid, once',
  },
  {
    name: 'a worker releases what was melted in a time that the books have lost',
    edits: [
      edit(
        lostTime,
        "operation.state !== 'swapped') return null;",
        "operation.state === 'swapped') return null;",
      ),
    ],
    caughtBy: open,
    test: 'it is told as paid, once',
  },
];
