import type { PaymentCourse } from '../lightning/network.ts';

/** null = the change is signed together with PAID; else when what this waits for has come. */
export type ChangeDelay = (() => Promise<void>) | null;

/** How a melt is to go, where a fault says so. */
export type MeltOrders = {
  changeDelay: ChangeDelay;
  /** By how much the change that is really signed differs from what was overpaid. */
  changeDelta: bigint;
  /** How the payment goes, whatever its payee would do; answered PENDING at once. null = as the payee does. */
  course: PaymentCourse | null;
  /** Called when the mint has done otherwise than it would have without these orders. */
  noteDeviation: () => void;
};

export const noMeltOrders: MeltOrders = {
  changeDelay: null,
  changeDelta: 0n,
  course: null,
  noteDeviation: () => undefined,
};
