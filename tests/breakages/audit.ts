import { type Breakage, edit } from './breakage.ts';

const audit = 'src/repositories/audit.ts';
const chain = 'src/repositories/auditChain.ts';
const chained = 'tests/integration/auditChain.test.ts';

const marking = 'await insertWhole<UnsealedDocument>(database.unsealed, mark, tx);';

/** The chain of the audit log. */
export const auditing: Breakage[] = [
  {
    name: 'an event that was changed before its seal gets one all the same',
    edits: [edit(chain, ' && macs.ofEvent(event) === mark.mac;', ';')],
    caughtBy: chained,
    test: 'names what was taken away or changed before it was sealed',
  },
  {
    name: 'a link does not name the one before it',
    edits: [edit(chain, "previous: last?.mac ?? '',", "previous: '',")],
    caughtBy: chained,
    test: 'links every event once, in order',
  },
  {
    name: 'an event has no mark',
    edits: [edit(audit, marking, '')],
    caughtBy: chained,
    test: 'links every event once, in order',
  },
  {
    name: 'an event is marked outside of its transaction',
    edits: [edit(audit, marking, 'await insertWhole<UnsealedDocument>(database.unsealed, mark, null);')],
    caughtBy: chained,
    test: 'writes no mark and no event for a transaction that is given up',
  },
  {
    name: 'what somebody has put among the marks holds up the sealing',
    edits: [edit(chain, "wallet_id: { $type: 'string' },", '')],
    caughtBy: chained,
    test: 'names what was put there with types of its own',
  },
];
