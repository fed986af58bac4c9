import { createHmac, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { mongo } from 'mongoose';
import type { AuditDocument, SealDocument } from '../models/schemas/audit.ts';

/** Of what the chain consists: HMAC-SHA256 in hex, by a key that is in no database. */
export type AuditMacs = {
  /** Over the whole stored document with its id, so that none is changed, moved or copied unnoticed. */
  ofEvent(event: AuditDocument): string;
  /** Over everything else that stands in the link. */
  ofSeal(seal: Omit<SealDocument, 'mac'>): string;
};

/** The key follows from the operator's words, which never change (ADR 5): what was sealed once can be verified for good. */
export function createAuditMacs(mnemonic: string): AuditMacs {
  const key = createSecretKey(
    Buffer.from(hkdfSync('sha256', mnemonic.normalize('NFKD'), '', 'crucible audit chain v1', 32)),
  );
  return {
    ofEvent: (event) => hmac(key, ['event', event]),
    ofSeal: ({ wallet_id, seq, event_id, event_mac, previous, sealed_at }) =>
      hmac(key, ['seal', wallet_id, seq, event_id, event_mac, previous, sealed_at]),
  };
}

function hmac(key: KeyObject, content: unknown): string {
  return createHmac('sha256', key).update(canonical(content)).digest('hex');
}

/**
 * One text for one value, whether it is about to be written or was read: fields in order of their names, whole numbers
 * alike whatever type they were stored as. What no event of ours holds has a text of its own, too.
 */
export function canonical(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return JSON.stringify(value.toWellFormed()); // as which it is stored
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (value instanceof Date) return `date:${value.getTime()}`;
  if (value instanceof mongo.ObjectId) return `id:${value.toHexString()}`;
  if (value instanceof mongo.Long) return value.toString();
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (!isPlain(value)) return `other:${mongo.BSON.EJSON.stringify(value)}`;
  const fields = Object.entries(value)
    .filter(([, content]) => content !== undefined) // which is not written
    .toSorted(([one], [other]) => (one < other ? -1 : 1));
  return `{${fields.map(([name, content]) => `${JSON.stringify(name)}:${canonical(content)}`).join()}}`;
}

/** Neither one of BSON's own types nor one that the driver has a class for, such as regular expressions. */
function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || '_bsontype' in value) return false;
  return Object.prototype.toString.call(value) === '[object Object]';
}
