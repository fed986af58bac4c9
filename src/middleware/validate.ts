import type { Request } from 'express';
import Joi from 'joi';
import { validationError } from '../models/errors.ts';
import {
  externalIdPattern,
  isMemo,
  isSupportNote,
  maxExternalIdLength,
  maxMemoLength,
  maxSupportNoteLength,
} from '../models/notes.ts';
import { isNpub } from '../models/npub.ts';
import { statePattern } from '../models/operation.ts';
import { maxQuoteIdLength, quoteIdPattern } from '../models/quoteId.ts';
import { unitPattern } from '../models/units.ts';
import type { OwnersNotes } from '../services/contracts.ts';
import { type Decision, decisions } from '../services/support/contracts.ts';
import { npubProblem } from './npub.ts';

const maxAmount = Number.MAX_SAFE_INTEGER;
/** A body has room for thousands of mistakes; an answer should not be longer than its question. */
const maxProblemsTold = 20;

/** Our own words for every rule in use: joi's may quote what was sent. */
const messages: Record<string, string> = {
  'any.required': 'is required',
  'any.invalid': 'is not acceptable',
  'any.only': 'must be one of {#valids}',
  'object.base': 'must be a JSON object',
  'object.unknown': 'is not a known field',
  'string.base': 'must be a string',
  'string.empty': 'must not be empty',
  'string.max': 'must have at most {#limit} characters',
  'string.pattern.base': 'has characters that are not allowed here',
  'number.base': 'must be a JSON integer',
  'number.integer': 'must be a JSON integer',
  'number.infinity': `must be at most ${maxAmount}`,
  'number.unsafe': `must be at most ${maxAmount}`,
  'number.min': 'must be at least {#limit}',
  'number.max': `must be at most ${maxAmount}`,
  'boolean.base': 'must be true or false',
  npub: npubProblem,
  memo: `must have at most ${maxMemoLength} characters, and no control characters`,
  wish: `must be "max" or a JSON integer from 1 to ${maxAmount}`,
  supportNote: `must say something, in at most ${maxSupportNoteLength} characters and no control characters`,
  moment: 'must be a moment such as 2026-11-21T12:05:00Z (RFC 3339)',
  page: 'must be an integer from 1 to 100',
};

/** An amount in the wallet's unit: a JSON integer from `min` to 2^53-1, never a string. */
const amount = (min: number) => Joi.number().integer().min(min).max(maxAmount);
/** For an invoice that leaves it to the payer. */
const wishedAmount = Joi.any().custom((wish: unknown, helpers) =>
  wish === 'max' || (Number.isSafeInteger(wish) && Number(wish) >= 1) ? wish : helpers.error('wish'),
);
const npub = Joi.string().custom((text: string, helpers) => (isNpub(text) ? text : helpers.error('npub')));
/** Long enough for any invoice with route hints; the decoder says what is wrong with it. */
const invoice = Joi.string().max(8_192);
const quoteId = Joi.string().max(maxQuoteIdLength).pattern(quoteIdPattern);
const printable = /^[\x21-\x7e]+$/;
/** A key in hex, or an npub. */
const publicKey = Joi.string().max(80).pattern(printable);
/** Later than any token could be of use. */
const maxUnixSeconds = 253_402_300_799;
const memo = Joi.string().custom((text: string, helpers) => (isMemo(text) ? text : helpers.error('memo')));
const supportNote = Joi.string().custom((text: string, helpers) =>
  isSupportNote(text) ? text : helpers.error('supportNote'),
);
export const externalId = Joi.string().max(maxExternalIdLength).pattern(externalIdPattern);

type Notes = { memo?: string; externalId?: string };
const notes = { memo, externalId };

/** What the owner has written on the operation that a body asks for. */
export const notesIn = (body: Notes): OwnersNotes => ({
  memo: body.memo ?? null,
  externalId: body.externalId ?? null,
});

export type MeltBody = Notes & {
  invoice: string;
  amount?: number | 'max';
  maxFee?: number;
  /** Amount and fees together. */
  maxTotal?: number;
};

export type SendBody = Notes & {
  amount: number;
  recipientPubkey?: string;
  refundPubkey?: string;
  /** Unix seconds. */
  locktime?: number;
};

export const bodies = {
  nothing: Joi.object<Record<string, never>>({}).required(),
  createWallet: Joi.object<{ npub: string; mintUrl?: string; unit?: string }>({
    npub: npub.required(),
    mintUrl: Joi.string().max(2_048).pattern(printable),
    unit: Joi.string().max(32).pattern(unitPattern),
  }).required(),
  mint: Joi.object<{ amount: number } & Notes>({ amount: amount(1).required(), ...notes }).required(),
  mintComplete: Joi.object<{ quoteId: string }>({
    quoteId: quoteId.required(),
  }).required(),
  reconcile: Joi.object<{ dryRun?: boolean }>({ dryRun: Joi.boolean() }).required(),
  meltQuote: Joi.object<{ invoice: string; amount?: number | 'max' }>({
    invoice: invoice.required(),
    amount: wishedAmount,
  }).required(),
  melt: Joi.object<MeltBody>({
    invoice: invoice.required(),
    amount: wishedAmount,
    maxFee: amount(0),
    maxTotal: amount(1),
    ...notes,
  }).required(),
  send: Joi.object<SendBody>({
    amount: amount(1).required(),
    recipientPubkey: publicKey,
    refundPubkey: publicKey,
    locktime: Joi.number().integer().min(1).max(maxUnixSeconds),
    ...notes,
  }).required(),
  resolve: Joi.object<{ note: string }>({ note: supportNote.required() }).required(),
  decide: Joi.object<{ decision: Decision; note: string; state?: string }>({
    decision: Joi.string()
      .valid(...decisions)
      .required(),
    note: supportNote.required(),
    state: Joi.string().pattern(statePattern),
  }).required(),
  receive: Joi.object<{ encodedToken: string } & Notes>({
    encodedToken: Joi.string().max(60_000).required(),
    ...notes,
  }).required(),
};

/**
 * The body of a request, checked: known fields only, strict types, nothing converted.
 * @throws DomainError VALIDATION_ERROR listing every problem, twenty at most
 */
export function readBody<T>(schema: Joi.ObjectSchema<T>, req: Pick<Request, 'body'>): T {
  return checked(schema, req.body);
}

/** The same for whatever else a request is made of. @throws DomainError VALIDATION_ERROR */
export function checked<T>(schema: Joi.ObjectSchema<T>, sent: unknown): T {
  refusePrototype(sent);
  const { value, error } = schema.validate(sent, {
    abortEarly: false,
    convert: false,
    allowUnknown: false,
    errors: { label: false, stack: false },
    messages,
  });
  if (error) {
    const told = error.details.slice(0, maxProblemsTold);
    throw validationError(told.map(({ path, message }) => ({ field: fieldName(path), message })));
  }
  return value;
}

/** JSON can carry a field of this name; joi overlooks it, and copying it would exchange the copy's prototype. */
function refusePrototype(body: unknown): void {
  if (typeof body === 'object' && body !== null && Object.hasOwn(body, '__proto__')) {
    throw validationError([{ field: '__proto__', message: 'is not a known field' }]);
  }
}

/** A transaction id of the path: ours look like `tx_melt_…`. @throws DomainError VALIDATION_ERROR */
export function readTransactionId(req: Pick<Request, 'params'>): string {
  const id = req.params['transactionId'];
  if (typeof id !== 'string' || !/^tx_[A-Za-z0-9_-]{1,96}$/.test(id)) {
    throw validationError([
      { field: 'transactionId', message: 'must be a transaction id such as tx_melt_…' },
    ]);
  }
  return id;
}

/** Unknown fields are named by the sender: name them back only where the name is harmless. */
function fieldName(path: readonly (string | number)[]): string {
  const name = path.join('.');
  if (name === '') return 'body';
  return /^[\w.-]{1,64}$/.test(name) ? name : '(unprintable name)';
}
