import type { FaultWish, InvoiceWishes } from '../../../simulator/client.ts';
import type { Place } from './boundary.ts';
import { routingFee } from './stand.ts';

/** Whom a crash hits: the server that a client asked, or one that finishes what such a server left. */
type Victim =
  | { is: 'creator' }
  /** `left`: where an earlier server had died; null = it was not killed, its request simply had to stop waiting. */
  | { is: 'worker'; left: Place | null };

type Common = {
  name: string;
  /** The wallet's tokens. */
  funds: number[];
  /** What goes wrong at the mint for the whole cell, crash or none. */
  faults: FaultWish[];
  /** Further settings of the servers. */
  env: Record<string, string>;
  victim: Victim;
};

/** An operation whose run is recorded, and then crashed at every boundary. */
export type Scenario = Common &
  (
    | {
        kind: 'melt';
        invoice: InvoiceWishes;
        /** The client's key has a daily budget. */
        fromBudget: boolean;
        /** How a payment that hangs is decided, once the crash is over. */
        decided: 'paid' | 'failed' | null;
        /** The client is answered 202, and the worker ends it. */
        outlivesRequest: boolean;
        /** How it ends where nothing crashes. */
        ending: 'paid' | 'released';
      }
    | { kind: 'minting' }
    | { kind: 'token'; wish: TokenWish; fromBudget: boolean }
    | { kind: 'upkeep'; wish: UpkeepWish }
  );

/** What somebody may want of tokens: to make one, to have it back, to take in another's, or to see that it was taken. */
export type TokenWish = 'send' | 'send locked' | 'reclaim' | 'receive' | 'claim';

/** Why its ecash would better be other ecash. Nobody asks for it. */
export type UpkeepWish = 'retiring' | 'dust';

/** With the fee reserve one proof of 128, so that a swap has two outputs and a cell stays quick. */
export const paidAmount = 125;
const exactly = [128];
const swapping = [256];
const answering = { CRUCIBLE_ANSWER_WITHIN_MS: '3000' };

const melt = {
  kind: 'melt',
  funds: swapping,
  invoice: { amount: paidAmount, routingFeeSat: routingFee },
  faults: [],
  env: answering,
  victim: { is: 'creator' },
  decided: null,
  outlivesRequest: false,
  ending: 'paid',
  fromBudget: false,
} as const satisfies Partial<Scenario>;

const hangs: InvoiceWishes = { ...melt.invoice, behaviour: 'pending' };
const fails: InvoiceWishes = { ...melt.invoice, behaviour: 'fail' };
const postMelt = { method: 'POST', path: '/v1/melt/bolt11' } as const;
const undelivered: FaultWish = { match: postMelt, fault: 'drop_before', times: null };
const withoutChange: FaultWish = {
  match: postMelt,
  fault: { kind: 'change_late', afterMs: 1_000 },
  times: null,
};
/** The request waits for nothing: what is open after one look is the worker's. */
const handedOver = { outlivesRequest: true, env: { CRUCIBLE_ANSWER_WITHIN_MS: '0' } };
const worker: Victim = { is: 'worker', left: null };
const workerAfter = (boundary: string, mode: Place['mode']): Victim => ({
  is: 'worker',
  left: { boundary, mode },
});

const minting: Omit<Extract<Scenario, { kind: 'minting' }>, 'name' | 'victim'> = {
  kind: 'minting',
  funds: [],
  faults: [],
  env: answering,
};

const token = {
  kind: 'token',
  funds: [64],
  faults: [],
  env: answering,
  victim: { is: 'creator' },
  fromBudget: false,
} as const satisfies Partial<Scenario>;

const upkeep = {
  kind: 'upkeep',
  wish: 'retiring',
  funds: [],
  faults: [],
  env: { ...answering, CRUCIBLE_UPKEEP_INTERVAL_MS: '50' },
  victim: { is: 'creator' },
} as const satisfies Partial<Scenario>;

/** With so many proofs a step lasts longer, and no lease is renewed here. */
const amongMany = { CRUCIBLE_LEASE_MS: '3000' };

const reserved = 'db commitTransaction #1';
/** The balance is summed up in one before. */
const takenIn = 'db commitTransaction #2';
const swapped = 'mint POST /v1/swap #1';

/** Later operations join by a line here; their boundaries are found by running them. */
export const scenarios: readonly Scenario[] = [
  { ...melt, name: 'melt with swap' },
  { ...melt, name: 'melt that fits', funds: exactly, fromBudget: true },
  { ...melt, name: 'melt that hangs', invoice: hangs, ...handedOver, decided: 'paid' },
  { ...melt, name: 'melt that fails', invoice: fails, fromBudget: true, ending: 'released' },
  {
    ...melt,
    name: 'melt never delivered',
    funds: exactly,
    faults: [undelivered],
    ...handedOver,
    ending: 'released',
  },
  { ...melt, name: 'melt with late change', funds: exactly, faults: [withoutChange], ...handedOver },
  { ...minting, name: 'mint', victim: { is: 'creator' } },
  {
    ...melt,
    name: 'worker: hanging payment paid',
    invoice: hangs,
    ...handedOver,
    victim: worker,
    decided: 'paid',
  },
  {
    ...melt,
    name: 'worker: fence',
    funds: exactly,
    faults: [undelivered],
    ...handedOver,
    victim: worker,
    ending: 'released',
  },
  {
    ...melt,
    name: 'worker: late change',
    funds: exactly,
    faults: [withoutChange],
    ...handedOver,
    victim: worker,
  },
  {
    ...melt,
    name: 'worker: swap reply lost with its server',
    victim: workerAfter('mint POST /v1/swap #1', 'after'),
    ending: 'released',
  },
  {
    ...melt,
    name: 'worker: melt reply lost with its server',
    victim: workerAfter('mint POST /v1/melt/bolt11 #1', 'after'),
  },
  { ...minting, name: 'worker: mint', victim: worker },
  { ...token, name: 'send', wish: 'send', fromBudget: true },
  { ...token, name: 'send locked', wish: 'send locked' },
  { ...token, name: 'reclaim', wish: 'reclaim', fromBudget: true },
  { ...token, name: 'receive', wish: 'receive' },
  { ...token, name: 'worker: send never begun', wish: 'send', victim: workerAfter(reserved, 'after') },
  {
    ...token,
    name: 'worker: send reply lost with its server',
    wish: 'send',
    fromBudget: true,
    victim: workerAfter(swapped, 'after'),
  },
  { ...token, name: 'worker: reclaim never begun', wish: 'reclaim', victim: workerAfter(reserved, 'after') },
  {
    ...token,
    name: 'worker: reclaim reply lost with its server',
    wish: 'reclaim',
    fromBudget: true,
    victim: workerAfter(swapped, 'after'),
  },
  { ...token, name: 'worker: receive never begun', wish: 'receive', victim: workerAfter(takenIn, 'after') },
  {
    ...token,
    name: 'worker: receive reply lost with its server',
    wish: 'receive',
    victim: workerAfter(swapped, 'after'),
  },
  { ...token, name: 'worker: token claimed', wish: 'claim', fromBudget: true, victim: worker },
  { ...upkeep, name: 'upkeep of a retired keyset' },
  { ...upkeep, name: 'upkeep of dust', wish: 'dust', env: { ...upkeep.env, ...amongMany } },
  { ...upkeep, name: 'worker: upkeep never begun', victim: workerAfter(reserved, 'after') },
  { ...upkeep, name: 'worker: upkeep reply lost with its server', victim: workerAfter(swapped, 'after') },
];
