/** What a report tells people, apart from what happened, in words that can be read to a customer. */
export type PlainWords = {
  /** What it means for the customer's money. */
  money: string;
  /** What the server does about it by itself. */
  server: string;
  /** What a person should do. */
  next: string;
};

const untouched = 'No money moved: the request was refused before anything was started.';
const kept =
  'Nothing is lost: what the operation holds stays with it until the outcome is known, and cannot be spent twice meanwhile.';
const asksMint =
  'Asks the mint again and again, ever more rarely, until the outcome is known, and then closes this report.';
const onlyWait =
  'Nothing at once. If it stays open for another hour, see whether the mint answers, and ask its operator.';

/**
 * By the code of a report: every code that is filed anywhere in src (tests/unit/plainWords.test.ts compares them).
 * What holds of one incident alone stands in its own summary.
 */
const byCode = {
  AUDIT_LOG_CHANGED: {
    money:
      'No money moved by this. But whoever can change the audit log may have changed more: what the books say of this wallet is to be compared with its mint.',
    server:
      'Goes on with payments, and seals all other events. Those that are named here get no seal, so that they stay evidence.',
    next: 'Find out who else can write to the database, and run crucible audit verify. Have the wallet reconciled. Resolve this report when that is done.',
  },
  CRITICAL_DB_FAILURE_AFTER_MINT_SUCCESS: {
    money:
      'The invoice is paid. The books of the wallet do not show it yet; the sum stays reserved. It must not be paid again.',
    server: 'Books the payment as soon as the database takes it, and then closes this report.',
    next: 'Tell the customer that the payment has arrived. See to the database if it is still away; if this stays open for ten minutes with the database back, recheck the operation.',
  },
  CRITICAL_MELT_FAILURE: {
    money:
      'The payment was stopped; what happened says why. Whether the payee was paid may be open, so it must not be paid again. Its ecash stays reserved.',
    server: 'Nothing more: it neither pays nor gives back by itself, since either could be wrong.',
    next: 'Ask the operator of the mint what became of the quote, and the payee whether the money came. If it did not come, decide to have the ecash taken back (fence): where it was paid after all, that finds out. If the mint is gone for good, an admin can write off a payment that had left.',
  },
  CRITICAL_MINT_FAILURE: {
    money: 'The customer has paid the invoice, and the wallet was not credited.',
    server: 'Nothing more: it has asked for as long as that made sense.',
    next: 'Ask the operator of the mint about the quote: it owes the sum to this wallet. Once it issues, decide to have it taken up again (fence), or have the wallet restored, which finds what was issued.',
  },
  CRITICAL_RECEIVE_FAILURE: {
    money:
      'A token that was handed in is neither credited nor known to be refused. It must not be thrown away.',
    server: 'Nothing more: it keeps everything that it would need to credit it.',
    next: 'Ask the operator of the mint what became of the swap, and decide then to have it taken up again (fence). A restore of the wallet finds what the mint has signed.',
  },
  CRITICAL_SEND_FAILURE: {
    money:
      'Ecash that was to become a token stays where it is; what happened says why. The customer has no token to hand on.',
    server: 'Nothing more: it neither gives the ecash back nor out by itself, since either could be wrong.',
    next: 'Ask the operator of the mint what became of the swap, and decide then to have it taken up again (fence). If others have spent all of it at the mint, an admin can write it off.',
  },
  CRITICAL_UPKEEP_FAILURE: {
    money:
      'No payment is concerned. Ecash that the server was exchanging at the mint stays reserved and cannot be spent meanwhile.',
    server: 'Nothing more about this part of the wallet; the rest of it is used as before.',
    next: 'Ask the operator of the mint what became of the swap, and decide then to have it taken up again (fence). A restore of the wallet finds what the mint has signed.',
  },
  CHANGE_ABOVE_MAXIMUM: {
    money:
      'The invoice is paid, and the customer got more back than was set aside. All of it is credited and good.',
    server: 'Nothing more is needed.',
    next: 'Tell the operator of the mint, who has given more than the mint was paid.',
  },
  CHANGE_BELOW_MINIMUM: {
    money:
      'The invoice is paid. The mint has given back less of what was set aside for fees than it owes; the difference is missing in the wallet.',
    server: 'Has asked for 24 hours and booked what came. It asks no more.',
    next: 'Ask the operator of the mint for the difference, naming the quote. A restore of the wallet finds what is signed later.',
  },
  CHANGE_DOES_NOT_VERIFY: {
    money:
      'The invoice is paid. Part of what should come back is not credited yet, because the mint has signed it badly.',
    server:
      'Keeps what came, and asks the mint again for 24 hours; it closes this report when all of it is good.',
    next: 'If it is open after a day, ask the operator of the mint, naming the quote.',
  },
  DATABASE_UNAVAILABLE: {
    money:
      'No payment was started by the refused request, and none will be. What was under way before is finished as soon as the database is back; what was reserved for a request that broke off comes back by itself.',
    server:
      'Refuses what needs the database, keeps reports on disk, goes on by itself once it answers, and closes this report.',
    next: 'See to the database: is there a primary, has it disk and connections? Customers can try again afterwards.',
  },
  DB_SPENT_MINT_UNSPENT: {
    money:
      'Nothing was changed. The mint still honours ecash that these books count as spent: the wallet may have more than it shows.',
    server: 'Nothing: ecash is never brought back by a mere statement of the mint.',
    next: 'See by the audit events how it came to be marked spent. A restore of the wallet credits what really is unspent.',
  },
  FEE_ABOVE_LIMIT: {
    money: kept,
    server: 'Waits until the mint takes less: the payment may not cost more than the customer has allowed.',
    next: 'Ask the operator of the mint why its fees have risen. Nothing is lost by waiting.',
  },
  INTERNAL_ERROR: {
    money:
      'This error alone does not tell. The operation, where one is named here, and the balance of the wallet do; nothing must be paid again before they were looked at.',
    server: 'Finishes whatever operation had been stored, as after a crash.',
    next: 'Look at the operation and at the balance; pass the request ids and the log lines with them to the developers.',
  },
  KEYSET_ID_SHARED: {
    money: 'No customer’s money is concerned: the books keep the ecash of both mints apart.',
    server: 'Goes on with both, and blocks nothing.',
    next: 'Find out which of the two mints is not honest, and take it out of MINT_URL.',
  },
  KEYSET_NOT_LISTED: {
    money:
      'Ecash of the wallet in a keyset that its mint does not list cannot be found while that is so. All other is there and can be spent.',
    server: 'Asks for the list again for a week.',
    next: 'Ask the operator of the mint to list the keysets named above.',
  },
  MELT_BLOCKED_BY_RECONCILIATION: {
    money: `${untouched} The balance can be read; payments are refused until the books of the wallet are right.`,
    server: 'Puts the books right by itself and takes payments again afterwards.',
    next: 'Ask the customer to try again in a minute. If it goes on, look for an open report about this wallet.',
  },
  MINT_ADDRESS_REFUSED: {
    money: 'No request leaves and no money moves; operations under way wait, with their ecash reserved.',
    server:
      'Refuses to call the address, and closes this report once the mint is reached at a permitted one.',
    next: 'If the mint is meant to be there, allow it in CRUCIBLE_PRIVATE_MINT_NETWORKS; if not, look at its DNS.',
  },
  MINT_ERROR: {
    money:
      'No money moved: the mint gave no usable answer before anything was at stake. What may have been reserved comes back by itself.',
    server:
      'Has refused the request; it keeps nothing waiting. This report closes by itself when every mint has answered and nobody has met it for an hour.',
    next: 'Ask the customer to try again later. If it goes on, show the operator of the mint what happened.',
  },
  MINT_NOT_CONFIGURED: {
    money:
      'Nothing is lost. What open operations at this mint have reserved stays reserved, and nobody looks at them.',
    server:
      'Nothing while the mint is not in MINT_URL; this report closes by itself when nothing waits there any more.',
    next: 'Put the mint back into MINT_URL until its operations have ended.',
  },
  MINT_REPLACED: {
    money:
      'No money moved. The ecash of the wallets that were made before belongs to the earlier mint, and cannot be paid with while another one answers there.',
    server:
      'Refuses to use those wallets, and goes on with all others. It does not close this report by itself.',
    next: 'Ask the operator of the mint what became of the earlier one and its ecash. If nobody there has changed anything, take the mint out of MINT_URL, and look at its DNS and certificate. Resolve this report when that is settled.',
  },
  MINT_UNAVAILABLE: {
    money:
      'Nothing was started by the refused request, and no money moved. Operations under way keep their ecash reserved until the mint answers.',
    server:
      'Asks the mint at a slower pace until it answers, goes on by itself then, and closes this report.',
    next: 'See whether the mint can be reached from here, and ask its operator. Customers can try again afterwards.',
  },
  MINTING_HELD_UP: {
    money: 'The customer has paid the invoice, and the wallet is not credited yet. The mint owes the sum.',
    server: 'Asks the mint until it issues, credits it then, and closes this report.',
    next: 'Ask the operator of the mint about the quote if it does not clear up within hours.',
  },
  OPERATION_OPEN_TOO_LONG: { money: kept, server: asksMint, next: onlyWait },
  PROOF_STATE_INCONSISTENCY: {
    money:
      'No payment was made. The mint called some of the ecash of this wallet spent, and the balance is lower by the sum named above.',
    server: 'Has written those proofs off and kept them; payments from the rest are possible at once.',
    next: 'Find out who spent them: another wallet with the same seed, or a mistake of the mint. If the mint calls them unspent later, that is reported (DB_SPENT_MINT_UNSPENT); the server does not bring them back by itself.',
  },
  QUOTE_PAID_INPUTS_UNSPENT: {
    money: `The mint says that the invoice is paid, and yet has not taken the ecash for it. ${kept}`,
    server: asksMint,
    next: 'Nothing at once; after an hour the payment is stopped and a person is called. Ask the operator of the mint about the quote.',
  },
  RECOVERED_TOO_MUCH: {
    money:
      'What the wallet held before is untouched. More was shown by the mint than can ever have been paid in, and was not credited.',
    server: 'Leaves it at the mint, where another recovery finds it again.',
    next: 'Ask the operator of the mint how this came about.',
  },
  RECOVERY_REQUESTED: {
    money:
      'Nothing is lost. The balance can be read; payments are refused until the restore that was asked for is through.',
    server: 'Carries the restore through and closes this report with the sums.',
    next: 'Nothing. If it is open for an hour, see whether the mint answers.',
  },
  RECOVERY_UNFINISHED: {
    money:
      'What was found is credited and can be spent. Some ecash of the wallet may still be at the mint, and is no longer looked for.',
    server: 'Nothing more: it has looked for a week.',
    next: 'Recover the wallet again (crucible restore --npub) once what is named above has cleared up. If that will never be, resolve this report.',
  },
  SHUTTING_DOWN: {
    money: `${untouched} Payments under way are finished by this or another instance.`,
    server: 'Ends, as it was told to. Once it has restarted, it takes requests again and closes this report.',
    next: 'Nothing, if somebody meant to restart it. Customers can try again.',
  },
  SIGNATURES_DO_NOT_VERIFY: {
    money:
      'Nothing is credited that is not good, and nothing is given up: the sum stays reserved, or owed by the mint, until good signatures come.',
    server: asksMint,
    next: 'Ask the operator of the mint why its signatures do not verify; payments through it are at risk until then.',
  },
  SOLVENCY_GAP: {
    money:
      'The books of the wallet and its mint do not agree about the sum named above. Nothing was changed: the balance shows what the books say, and that part of it cannot be paid with if the mint is right.',
    server:
      'Compares the wallet again at its next turn, and closes this report when both agree. A payment that meets spent ecash writes it off first.',
    next: 'Compare the wallet by proofs/status and find out who has spent what is missing, or who has changed the database; then reconcile the wallet. docs/runbooks/solvency-gap.md tells how.',
  },
  STORE_BEHIND_MINT: {
    money:
      'The balance shown may be wrong until the wallet is recovered. Payments are refused meanwhile, so that nothing is lost.',
    server: 'Finds by the seed what is missing, marks what is spent, and closes this report with the sums.',
    next: 'Was an old backup restored? Then recover every wallet (crucible restore --all). If not, find the other server that uses the same mnemonic, and stop it.',
  },
} as const satisfies Record<string, PlainWords>;

export type ReportCode = keyof typeof byCode;

export const reportCodes = Object.keys(byCode).filter(isReportCode);

/** Of a code that only an earlier version has filed, nothing more is known than what its report says. */
const ofAnEarlierVersion: PlainWords = {
  money:
    'This version of the server does not know this kind of incident; what happened says what was known then.',
  server: 'Nothing for this report in particular. Open operations are finished as always.',
  next: 'Look at the operation and the balance of the wallet before anything is paid again.',
};

export const plainWordsFor = (code: string): PlainWords =>
  isReportCode(code) ? byCode[code] : ofAnEarlierVersion;

function isReportCode(code: string): code is ReportCode {
  return Object.hasOwn(byCode, code);
}
