import { type Breakage, edit } from './breakage.ts';

const decision = 'src/services/melt/decision.ts';
const decisionTest = 'tests/unit/decision.test.ts';
const recovery = 'tests/integration/recovery.test.ts';

/** What is done when, and by whom. */
export const decisions: Breakage[] = [
  {
    name: 'funds are released on UNPAID, without a fence',
    edits: [
      edit(
        decision,
        "if (facts.unpaidSightings >= 1 && facts.sinceLastMeltMs >= facts.fenceDelayMs) return 'start_fence';",
        "if (facts.unpaidSightings >= 1 && facts.sinceLastMeltMs >= facts.fenceDelayMs) return 'start_release';",
      ),
    ],
    caughtBy: 'tests/integration/fence.test.ts',
    test: 'makes a melt that comes late fail',
  },
  {
    name: 'the fence does not wait',
    edits: [
      edit(
        decision,
        'facts.unpaidSightings >= 1 && facts.sinceLastMeltMs >= facts.fenceDelayMs',
        'facts.unpaidSightings >= 1',
      ),
    ],
    caughtBy: decisionTest,
    test: 'starts a fence only after the delay and on a second sighting',
  },
  {
    name: 'the fence is put up at first sight',
    edits: [
      edit(
        decision,
        'facts.unpaidSightings >= 1 && facts.sinceLastMeltMs >= facts.fenceDelayMs',
        'facts.sinceLastMeltMs >= facts.fenceDelayMs',
      ),
    ],
    caughtBy: decisionTest,
    test: 'starts a fence only after the delay and on a second sighting',
  },
  {
    name: 'a refused repeat counts as if it had been the only request',
    edits: [
      edit(
        decision,
        `    facts.meltReading === 'rejected' &&
    facts.meltPosts === 1 &&
    view.quote`,
        `    facts.meltReading === 'rejected' &&
    view.quote`,
      ),
    ],
    caughtBy: decisionTest,
    test: 'never gives up a melt that was sent unless',
  },
  {
    name: 'PAID on the quote is believed while our inputs are untouched',
    edits: [
      edit(
        decision,
        "return view.quote === 'PAID' && view.inputs === 'SPENT';",
        "return view.quote === 'PAID';",
      ),
    ],
    caughtBy: 'tests/integration/lyingMint.test.ts',
    test: 'called paid while our ecash is unspent',
  },
  {
    name: 'a mint that says PAID is taken at its word',
    edits: [
      edit(
        'src/services/melt/facts.ts',
        "return isOurs && provesPayment(reading.preimage, paymentHash) ? 'paid' : 'pending';",
        "return isOurs ? 'paid' : 'pending';",
      ),
    ],
    caughtBy: 'tests/integration/lyingMint.test.ts',
    test: 'says PAID of our quote though nothing was paid',
  },
  {
    name: 'a reply about another quote counts as ours',
    edits: [
      edit('src/services/melt/facts.ts', 'reading.quoteId === null || reading.quoteId === quote.id', 'true'),
    ],
    caughtBy: 'tests/integration/lyingMint.test.ts',
    test: 'a reply about another quote proves nothing',
  },
  {
    name: 'a swap that nobody understands is sent again for ever',
    edits: [edit('src/services/operations/renewal.ts', "? 'nonsense' : 'unlisted'", "? 'nonsense' : 'none'")],
    caughtBy: 'tests/integration/rotation.test.ts',
    test: 'again and again is made anew',
  },
  {
    name: 'the creator repeats its melt for as long as it waits',
    edits: [edit('src/services/melt/facts.ts', '(melt?.posts ?? 0) < maxMeltPosts &&', 'true &&')],
    caughtBy: 'tests/integration/lostReplies.test.ts',
    test: 'and the melt never arrives',
  },
  {
    name: 'a payment that the mint has met before is sent again at once',
    edits: [edit('src/services/melt/facts.ts', '(melt === undefined || !isHeldBack(melt, now))', 'true')],
    caughtBy: 'tests/integration/backendTrouble.test.ts',
    test: 'payment_met_before: it is not sent again',
  },
  {
    name: 'ecash is asked for again while the backend is in trouble',
    edits: [
      edit(
        'src/services/minting/mintingDecision.ts',
        "return facts.heldBack ? 'wait' : 'repeat_issue';",
        "return 'repeat_issue';",
      ),
    ],
    caughtBy: 'tests/unit/mintingDecision.test.ts',
    test: 'holds back nothing but the same request again',
  },
  {
    name: 'a worker cancels what its creator is about to send',
    edits: [edit(decision, "return facts.orphaned ? 'cancel' : 'wait';", "return 'cancel';")],
    caughtBy: decisionTest,
    test: 'cancels nothing but what was prepared',
  },
  {
    name: 'a worker repeats a melt',
    edits: [edit(decision, "if (facts.role === 'creator' && facts.mayRepeatMelt", 'if (facts.mayRepeatMelt')],
    caughtBy: recovery,
    test: 'before the melt left, is fenced off',
  },
  {
    name: 'a worker takes what it finds for its own and sends it',
    edits: [
      edit(
        'src/services/operations/driveOn.ts',
        "handlers.melt, 'worker', options",
        "handlers.melt, 'creator', options",
      ),
    ],
    caughtBy: recovery,
    test: 'prepared is cancelled',
  },
  {
    name: 'a melt that was answered PENDING is sent again',
    edits: [
      edit(
        decision,
        `    facts.meltReading === 'pending' ||
    view.quote === 'PAID' ||
    view.quote === 'PENDING' ||
    view.inputs === 'PENDING'`,
        `    view.quote === 'PAID' ||
    view.inputs === 'PENDING'`,
      ),
    ],
    caughtBy: decisionTest,
    test: 'never repeats a melt',
  },
  {
    name: 'a melt that a rotation has made dearer than its limit is sent',
    edits: [edit('src/services/melt/exchanges.ts', 'if (cost > operation.feeCap) return false;', '')],
    caughtBy: 'tests/integration/rotation.test.ts',
    test: 'the ecash comes home, and is not sent',
  },
  {
    name: 'blanks of a keyset that has retired go to the mint',
    edits: [
      edit(
        'src/services/melt/exchanges.ts',
        '(planned.outputs.length === 0 || (await keysets.isActive(operation, planned.keysetId)));',
        'planned.outputs.length >= 0;',
      ),
    ],
    caughtBy: 'tests/integration/rotation.test.ts',
    test: 'an exact payment',
  },
];
