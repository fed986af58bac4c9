import type { MintClock } from '../clock.ts';
import type { FaultPlan } from '../faults/faultPlan.ts';
import type { Gate } from '../faults/gate.ts';
import { readRule } from '../faults/rules.ts';
import { payInvoice, settlePayment, writeOutsideInvoice } from '../lightning/outside.ts';
import { limits } from '../limits.ts';
import type { MintContext } from '../mint/context.ts';
import { forgetProofs, holdProofs, honourProofs, spendProofs } from '../mint/outsideProofs.ts';
import { presentKeyset } from '../mint/present.ts';
import {
  type Fields,
  fields,
  integer,
  list,
  malformed,
  optionalChoice,
  optionalCount,
  refuseUnknown,
} from '../mint/read.ts';
import { keysetVersions } from '../options.ts';
import { ledger, payment } from '../state/ledger.ts';
import { get, param, post, type Route, remove } from './mintRoutes.ts';
import type { RequestLog } from './requestLog.ts';

export type SimTools = { mint: MintContext; clock: MintClock; plan: FaultPlan; gate: Gate; log: RequestLog };

/** The other side of the simulator: the outside world, the truth, and trouble on request. Never faulted. */
export function simRoutes({ mint, clock, plan, gate, log }: SimTools): Route[] {
  return [
    post('/sim/invoice', ({ body }) => writeOutsideInvoice(mint, fields(body))),
    post('/sim/pay', ({ body }) => payInvoice(mint, fields(body))),
    get('/sim/payments/:hash', (request) => payment(mint.store.state, param(request, 'hash'))),
    post('/sim/payments/:hash/settle', (request) =>
      settlePayment(mint, param(request, 'hash'), fields(request.body)),
    ),
    post('/sim/keysets/rotate', ({ body }) => rotate(mint, body)),
    get('/sim/clock', () => shown(clock)),
    post('/sim/clock', ({ body }) => setClock(clock, fields(body))),
    post('/sim/proofs/spend', ({ body }) => spendProofs(mint, fields(body))),
    post('/sim/proofs/pending', ({ body }) => holdProofs(mint, fields(body))),
    post('/sim/proofs/unspend', ({ body }) => forgetProofs(mint, fields(body))),
    post('/sim/proofs/honoured', ({ body }) => honourProofs(mint, fields(body))),
    post('/sim/backup', () => backUp(mint)),
    post('/sim/backup/restore', () => putBack(mint)),
    get('/sim/ledger', ({ query }) => ledger(mint.store.state, mint.settings.unit, query['summary'] === '1')),
    get('/sim/requests', () => ({ requests: log.list() })),
    remove('/sim/requests', () => cleared(() => log.clear())),
    get('/sim/faults', () => ({ seed: plan.seed, rules: plan.list(), held: gate.held })),
    post('/sim/faults', ({ body }) => addFaults(plan, body)),
    post('/sim/faults/release', () => ({ released: gate.release() })),
    remove('/sim/faults', () => cleared(() => plan.clear())),
  ];
}

function backUp({ store }: MintContext) {
  store.commit({ kind: 'backup_made' });
  return { made: true };
}

/** The mint's database is put back to its backup, while nothing is under way. */
function putBack({ store }: MintContext) {
  if (store.state.backup === null) malformed('no backup was made: POST /sim/backup');
  store.commit({ kind: 'backup_restored' });
  return { restored: true };
}

function addFaults(plan: FaultPlan, body: unknown) {
  const { rules, seed } = planIn(body);
  const added = plan.add(rules.map(readRule), seed);
  return { seed: plan.seed, added, rules: plan.list() };
}

/** One rule, a list of rules, or `{rules: [...], seed}` of which either may be absent. */
function planIn(body: unknown): { rules: readonly unknown[]; seed: number | null } {
  if (Array.isArray(body)) return { rules: body, seed: null };
  const wish = fields(body, 'a fault rule');
  if (wish['rules'] === undefined && wish['seed'] === undefined) return { rules: [wish], seed: null };
  refuseUnknown(wish, ['rules', 'seed'], 'a member of a fault plan');
  return { rules: wish['rules'] === undefined ? [] : list(wish, 'rules'), seed: optionalCount(wish, 'seed') };
}

function rotate(mint: MintContext, body: unknown) {
  const wishes = body === undefined ? {} : fields(body);
  const keyset = mint.keysets.replace({
    version: optionalChoice(wishes, 'version', keysetVersions),
    inputFeePpk: optionalCount(wishes, 'inputFeePpk'),
  });
  return presentKeyset(keyset);
}

/** The mint's clock goes wrong by so much; the outside world's stays right. */
function setClock(clock: MintClock, wishes: Fields) {
  const offsetMs = integer(wishes, 'offsetMs');
  if (Math.abs(offsetMs) > limits.clockOffsetMs) malformed('offsetMs must be within ten years');
  clock.offsetMs = offsetMs;
  return shown(clock);
}

function shown(clock: MintClock) {
  return { offsetMs: clock.offsetMs, now: new Date(clock.now()).toISOString() };
}

function cleared(clear: () => void) {
  clear();
  return { cleared: true };
}
