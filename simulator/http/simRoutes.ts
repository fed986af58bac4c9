import type { FaultPlan } from '../faults/faultPlan.ts';
import type { Gate } from '../faults/gate.ts';
import { readRule } from '../faults/rules.ts';
import { payInvoice, settlePayment, writeOutsideInvoice } from '../lightning/outside.ts';
import type { MintContext } from '../mint/context.ts';
import { forgetProofs, holdProofs, spendProofs } from '../mint/outsideProofs.ts';
import { presentKeyset } from '../mint/present.ts';
import { fields, optionalChoice, optionalCount } from '../mint/read.ts';
import { keysetVersions } from '../options.ts';
import { ledger } from '../state/ledger.ts';
import { get, param, post, type Route, remove } from './mintRoutes.ts';
import type { RequestLog } from './requestLog.ts';

export type SimTools = { mint: MintContext; plan: FaultPlan; gate: Gate; log: RequestLog };

/** The other side of the simulator: the outside world, the truth, and trouble on request. Never faulted. */
export function simRoutes({ mint, plan, gate, log }: SimTools): Route[] {
  return [
    post('/sim/invoice', ({ body }) => writeOutsideInvoice(mint, fields(body))),
    post('/sim/pay', ({ body }) => payInvoice(mint, fields(body))),
    post('/sim/payments/:hash/settle', (request) =>
      settlePayment(mint, param(request, 'hash'), fields(request.body)),
    ),
    post('/sim/keysets/rotate', ({ body }) => rotate(mint, body)),
    post('/sim/proofs/spend', ({ body }) => spendProofs(mint, fields(body))),
    post('/sim/proofs/pending', ({ body }) => holdProofs(mint, fields(body))),
    post('/sim/proofs/unspend', ({ body }) => forgetProofs(mint, fields(body))),
    get('/sim/ledger', ({ query }) => ledger(mint.store.state, mint.settings.unit, query['summary'] === '1')),
    get('/sim/requests', () => ({ requests: log.list() })),
    remove('/sim/requests', () => cleared(() => log.clear())),
    get('/sim/faults', () => ({ rules: plan.list(), held: gate.held })),
    post('/sim/faults', ({ body }) => addFaults(plan, body)),
    post('/sim/faults/release', () => ({ released: gate.release() })),
    remove('/sim/faults', () => cleared(() => plan.clear())),
  ];
}

function addFaults(plan: FaultPlan, body: unknown) {
  const given = Array.isArray(body) ? body : [body];
  const rules = given.flatMap((one: unknown) => nested(one)).map(readRule);
  plan.add(rules);
  return { rules: plan.list() };
}

/** One rule, a list of rules, or `{rules: [...]}`. */
function nested(value: unknown): unknown[] {
  const rules = fields(value, 'a fault rule')['rules'];
  return Array.isArray(rules) ? rules : [value];
}

function rotate(mint: MintContext, body: unknown) {
  const wishes = body === undefined ? {} : fields(body);
  const { unit, version, inputFeePpk } = mint.keysets.active();
  const keyset = mint.keysets.rotate({
    unit,
    version: optionalChoice(wishes, 'version', keysetVersions) ?? version,
    inputFeePpk: optionalCount(wishes, 'inputFeePpk') ?? inputFeePpk,
  });
  return presentKeyset(keyset);
}

function cleared(clear: () => void) {
  clear();
  return { cleared: true };
}
