import { createHash, randomBytes } from 'node:crypto';

/** Ours are `tx_<kind>_<milliseconds since 1970>_<random hexadecimal digits>`. */
const transactionShape = /^tx_[a-z]+_(\d{1,14})_([0-9a-f]{5})[0-9a-f]*$/;
const timeDigits = 11;
const randomDigits = 5;
const kindDigits = 4;

/**
 * The supportId of an incident. One that is about a single transaction (`dedupeKey` is `<kind>:<transactionId>`) always has
 * the same, in every process and after every restart: `sup_` + time and first random digits of the transaction, both in
 * hexadecimal + four digits for the kind of incident. Any other gets a random one of the same shape.
 */
export function supportIdOf(dedupeKey: string, transactionId: string | null): string {
  const [, time = '', random = ''] = transactionShape.exec(transactionId ?? '') ?? [];
  const kind = kindOf(dedupeKey, transactionId);
  if (time === '' || kind === null) return `sup_${randomBytes(10).toString('hex')}`;
  const hexTime = Number(time).toString(16).padStart(timeDigits, '0');
  const kindDigest = createHash('sha256').update(kind).digest('hex').slice(0, kindDigits);
  return `sup_${hexTime.slice(-timeDigits)}${random}${kindDigest}`;
}

function kindOf(dedupeKey: string, transactionId: string | null): string | null {
  const ending = `:${transactionId}`;
  return dedupeKey.endsWith(ending) ? dedupeKey.slice(0, -ending.length) : null;
}

/**
 * How the id of the transaction begins that an incident was about, after `tx_<kind>_`. So the operation is found by a
 * supportId even where its report was lost. Means nothing for an incident about no single transaction.
 * @returns null for what is no supportId
 */
export function transactionIdPart(supportId: string): string | null {
  const [, time = '', random = ''] = partsOfId.exec(supportId) ?? [];
  return time === '' ? null : `${Number.parseInt(time, 16)}_${random}`;
}

const partsOfId = new RegExp(
  `^sup_([0-9a-f]{${timeDigits}})([0-9a-f]{${randomDigits}})[0-9a-f]{${kindDigits}}$`,
);
