import { type Breakage, edit } from './breakage.ts';

const preflightCode = 'src/services/melt/preflight.ts';
const comparison = 'src/services/melt/comparison.ts';
const reconciling = 'src/services/reconcile/reconcileService.ts';
const splits = 'src/repositories/tokenSplits.ts';
const differences = 'src/services/melt/discrepancy.ts';
const preflightTest = 'tests/integration/preflight.test.ts';
const corrections = 'tests/integration/preflightCorrections.test.ts';

/** Pre-flight and what it writes off. */
export const preflight: Breakage[] = [
  {
    name: 'a dry run corrects',
    edits: [edit(reconciling, 'dryRun ? planned(some, false) :', 'dryRun && some.length === 0 ? [] :')],
    caughtBy: 'tests/integration/reconcile.test.ts',
    test: 'lists in a dry run what it would do',
  },
  {
    name: 'one token that changes holds up the correction of all',
    edits: [
      edit(
        reconciling,
        'await correcting.correct(wallet, ofToken)));',
        'await correcting.correct(wallet, found)));',
      ),
    ],
    caughtBy: 'tests/integration/reconcile.test.ts',
    test: 'does what it can where one token is just being changed',
  },
  {
    name: 'whoever compares is told of what a payment has reserved',
    edits: [
      edit(comparison, "place.in !== 'token' || place.reservedBy === null;", "place.in !== 'nothing';"),
      edit(
        differences,
        'now.version === before.version &&\n        now.reservedBy === null',
        'now.version === before.version',
      ),
    ],
    caughtBy: 'tests/integration/proofsStatus.test.ts',
    test: 'hears nothing of a difference',
  },
  {
    name: 'pre-flight believes the first answer of the mint',
    edits: [
      edit(
        comparison,
        '    const states = await ask(wallet, beliefs);\n    const present',
        '    const states = new Map(suspicious.map(({ belief: { Y }, mint }) => [Y, mint]));\n    const present',
      ),
    ],
    caughtBy: preflightTest,
    test: 'a mint that contradicts itself is not believed',
  },
  {
    name: 'pre-flight does not look into its own books again, and writes off what has been reserved',
    edits: [
      edit(comparison, '(await books.again(wallet, beliefs)).map(', 'beliefs.map('),
      edit(
        splits,
        `      status,
      reserved_by: null,
      version: wanted.version,
    };`,
        `      status,
      version: wanted.version,
    };`,
      ),
    ],
    caughtBy: preflightTest,
    test: 'was reserved since the first look',
  },
  {
    name: 'pre-flight writes off a token that has changed since the first look',
    edits: [edit(differences, '        now.version === before.version &&\n', '')],
    caughtBy: preflightTest,
    test: 'has another version since the first look',
  },
  {
    name: 'pre-flight writes off the whole token',
    edits: [
      edit(
        splits,
        `part(found, wanted.Ys);
    const at = new Date();`,
        `part(found, (found.proofs ?? []).map(({ Y }) => Y));
    const at = new Date();`,
      ),
    ],
    caughtBy: preflightTest,
    test: 'only that proof is written off',
  },
  {
    name: 'pre-flight writes off, and the melt goes on',
    edits: [
      edit(
        preflightCode,
        'throw applied ? inconsistent(wallet, discrepancies, supportId) : correctionUnderWay(wallet);',
        'if (!applied) throw correctionUnderWay(wallet);',
      ),
    ],
    caughtBy: preflightTest,
    test: 'only that proof is written off',
  },
  {
    name: 'pre-flight writes off outside of its transaction',
    edits: [
      edit(
        splits,
        `        $inc: { version: 1 },
      },
      { session: tx.session },
    );
    invariant(result.modifiedCount === 1`,
        `        $inc: { version: 1 },
      },
      {},
    );
    invariant(result.modifiedCount === 1`,
      ),
    ],
    caughtBy: corrections,
    test: 'stands or falls with its line in the audit log',
  },
  {
    name: 'what another payment holds at the mint is paid with all the same',
    edits: [
      edit(
        'src/services/melt/preparation.ts',
        'if (chosen.inputs.some(({ Y }) => pendingAtMint.has(Y))) {',
        'if (pendingAtMint.size > chosen.inputs.length) {',
      ),
    ],
    caughtBy: preflightTest,
    test: 'held at the mint by another payment',
  },
  {
    name: 'pre-flight is left out',
    edits: [
      edit(
        comparison,
        'const found = suspicious.length === 0 ? []',
        'const found = suspicious.length >= 0 ? []',
      ),
    ],
    caughtBy: preflightTest,
    test: 'only that proof is written off',
  },
];
