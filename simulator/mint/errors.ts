/** The codes of error_codes.md, and two of the simulator's own where the specification names none. */
export const codes = {
  malformed: 10000,
  proofInvalid: 10001,
  proofSpent: 11001,
  proofPending: 11002,
  outputSigned: 11003,
  outputPending: 11004,
  unbalanced: 11005,
  amountOutOfRange: 11006,
  duplicateInputs: 11007,
  duplicateOutputs: 11008,
  amountless: 11011,
  amountMismatch: 11012,
  unitUnsupported: 11013,
  tooManyInputs: 11014,
  tooManyOutputs: 11015,
  keysetUnknown: 12001,
  keysetInactive: 12002,
  quoteUnknown: 20000,
  quoteUnpaid: 20001,
  quoteIssued: 20002,
  paymentFailed: 20004,
  quotePending: 20005,
  invoicePaid: 20006,
  quoteExpired: 20007,
  signatureInvalid: 20008,
  pubkeyInvalid: 20009,
} as const;
export type ErrorCode = (typeof codes)[keyof typeof codes];

/** A refusal: nothing was changed. Answered as NUT-00 says: HTTP 400 with `{detail, code}`. */
export class MintError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, detail: string) {
    super(detail);
    this.code = code;
  }
}

export function refuse(code: ErrorCode, detail: string): never {
  throw new MintError(code, detail);
}
