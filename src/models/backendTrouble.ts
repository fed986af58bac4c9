/**
 * What mints with a Spark or Breez backend are known to say when it fails them (seed: their troubleshooting guide). Of several
 * the first counts: what calls for the most care.
 */
export const backendTroubles = [
  'payment_met_before',
  'funds_locked',
  'session_lost',
  'provider_failing',
  'leaf_not_verified',
] as const;
export type BackendTrouble = (typeof backendTroubles)[number];
