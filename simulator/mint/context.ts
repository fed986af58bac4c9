import type { LightningNetwork } from '../lightning/network.ts';
import type { Settings } from '../options.ts';
import type { Store } from '../state/store.ts';
import type { Timers } from '../timers.ts';
import type { Keyring } from './keyring.ts';
import type { Keysets } from './keysets.ts';

/** What the mint's operations work with; built once, in simulator.ts. */
export type MintContext = {
  /** `clock` is the mint's own, which may be off. */
  settings: Settings;
  /** The true time, by which other nodes go. */
  outsideClock: () => number;
  store: Store;
  timers: Timers;
  keyring: Keyring;
  keysets: Keysets;
  lightning: LightningNetwork;
};
