export const proofStates = ['UNSPENT', 'PENDING', 'SPENT'] as const;
export type ProofStateName = (typeof proofStates)[number];

/** What can be wrong with the signatures of a reply. The first three concern the list, the others its members. */
export const flaws = [
  'permuted',
  'missing',
  'empty',
  'left_out',
  'wrong_point',
  'no_dleq',
  'wrong_dleq',
  'wrong_keyset',
  'wrong_amount',
] as const;
export type Flaw = (typeof flaws)[number];

export const redirects = [302, 307, 308] as const;
export type RedirectStatus = (typeof redirects)[number];

/**
 * Everything that can go wrong on request, as it may be asked for: options that may be absent have a default
 * (README.md). `processed`: whether the mint does the work all the same. Amounts are in the mint's unit.
 */
export type AskedFault =
  // what happens to the exchange
  | { kind: 'drop_before' }
  | { kind: 'drop_after' }
  /** null = on POST /sim/faults/release. */
  | { kind: 'drop_then_process'; afterMs?: number | null }
  | { kind: 'delay'; delayMs: number }
  | { kind: 'hold' }
  | { kind: 'duplicate'; answer?: 'first' | 'second' }
  // another reply in place of the true one
  | { kind: 'status'; status: number; body?: unknown; retryAfterSeconds?: number | null; processed?: boolean }
  | { kind: 'error_code'; code: number; detail?: string; processed?: boolean }
  | { kind: 'html'; status?: number; processed?: boolean }
  | { kind: 'redirect'; location: string; status?: RedirectStatus; processed?: boolean }
  // the true reply, damaged
  | { kind: 'truncate'; contentLength?: 'actual' | 'full' }
  | { kind: 'huge_body'; bytes?: number }
  // a reply that lies
  | { kind: 'lie_unpaid' }
  | { kind: 'alter_quote'; add?: Readonly<Record<string, number>>; set?: Readonly<Record<string, unknown>> }
  | { kind: 'override_state'; Y?: string; state: ProofStateName }
  | { kind: 'spoil_signatures'; flaws: readonly Flaw[]; position?: number | null; keysetId?: string }
  // what the mint really does
  /** null = on POST /sim/faults/release. */
  | { kind: 'change_late'; afterMs: number | null }
  | { kind: 'change_amount'; delta: number }
  /** result null = the payment hangs until it is settled by hand. */
  | { kind: 'melt_pending'; result?: 'paid' | 'failed' | null; afterMs?: number; cached?: boolean }
  | { kind: 'rotate_keyset'; when?: 'before' | 'after'; inputFeePpk?: number | null }
  | { kind: 'forget_quote'; really?: boolean };

type Settled<Asked> = Asked extends unknown
  ? { [Option in keyof Asked]-?: Exclude<Asked[Option], undefined> }
  : never;

/** A fault with every option said. */
export type Fault = Settled<AskedFault>;
export type FaultKind = Fault['kind'];
export type FaultOf<Kind extends FaultKind> = Extract<Fault, { kind: Kind }>;

type NeedsNoOption<Asked extends { kind: string }> = Asked extends unknown
  ? { kind: Asked['kind'] } extends Asked
    ? Asked['kind']
    : never
  : never;

/** The kinds that can be asked for by name alone. */
export type PlainFaultKind = NeedsNoOption<AskedFault>;
