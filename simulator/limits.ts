/** Every queue, list and body of the simulator has an end. */
export const limits = {
  bodyBytes: 1_000_000,
  inputs: 1_000,
  outputs: 1_000,
  statesPerCheck: 1_000,
  textLength: 4_096,
  rememberedRequests: 1_000,
  cachedResponses: 5_000,
  faultRules: 1_000,
  heldRequests: 1_000,
  /** The largest body that a fault may ask for. */
  hugeBodyBytes: 100_000_000,
  /** How far the mint's clock may be set off: ten years. */
  clockOffsetMs: 315_360_000_000,
  subscriptionsPerSocket: 100,
  filtersPerSubscription: 1_000,
  /** The largest denomination is 2^(denominations - 1). */
  denominations: 33,
} as const;
