export type { AnswerOf, BodyOf, Code, Problem, QueryOf, Severity } from './contract.ts';
export type { Auth } from './credentials.ts';
export {
  type CallOptions,
  type Crucible,
  type CrucibleOptions,
  createCrucible,
  type Wallet,
} from './crucible.ts';
export { CrucibleError, NoAnswerError } from './errors.ts';
export type { Funding } from './funding.ts';
export { newIdempotencyKey } from './idempotencyKey.ts';
export type { EventTemplate, NostrSigner, SignedEvent } from './nip98.ts';
export type { Payment, PayOptions } from './payment.ts';
export type { Duplicate, PaymentState, Unknown } from './paymentState.ts';
export type { Restoring } from './restoring.ts';
export type { RetryLimits } from './retries.ts';
export type { Fetch, RawReply, RawRequest } from './send.ts';
export type { Wait } from './wait.ts';
