import { createHash } from 'node:crypto';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import type { Reply } from '../http/exchange.ts';
import type { FaultOf, Flaw } from './faults.ts';
import { isObject, retold } from './tampering.ts';

type Json = Readonly<Record<string, unknown>>;
type Spoiling = FaultOf<'spoil_signatures'>;

/** Where blind signatures stand: `signatures` of swap, mint and restore, `change` of a melt and its quote. */
const places = ['signatures', 'change'] as const;

/** A reply whose blind signatures are not what the mint signed. What it signed stands in the ledger. */
export function withSignaturesSpoiled(reply: Reply, fault: Spoiling): Reply {
  return retold(reply, (body) => {
    const place = places.find((name) => Array.isArray(body[name]));
    return place === undefined
      ? body
      : fault.flaws.reduce((spoilt: Json, flaw) => spoil(spoilt, place, flaw, fault), body);
  });
}

function spoil(body: Json, place: (typeof places)[number], flaw: Flaw, fault: Spoiling): Json {
  const signatures = objectsIn(body[place]);
  const each = (change: (signature: Json) => Json): Json => ({
    ...body,
    [place]: signatures.map((signature, at) =>
      fault.position === null || fault.position === at ? change(signature) : signature,
    ),
  });
  switch (flaw) {
    case 'permuted':
      return { ...body, [place]: [...signatures.slice(1), ...signatures.slice(0, 1)] };
    case 'missing':
      return without(body, place);
    case 'empty':
      return keeping(body, place, () => false);
    case 'left_out': {
      const lost = fault.position ?? signatures.length - 1;
      return keeping(body, place, (at) => at !== lost);
    }
    case 'wrong_point':
      return each((signature) => ({ ...signature, C_: anotherPoint(signature['C_']) }));
    case 'no_dleq':
      return each((signature) => without(signature, 'dleq'));
    case 'wrong_dleq':
      return each((signature) => ({ ...signature, dleq: anotherDleq(signature['dleq']) }));
    case 'wrong_keyset':
      return each((signature) => ({ ...signature, id: fault.keysetId }));
    case 'wrong_amount':
      return each((signature) => ({ ...signature, amount: Number(signature['amount']) * 2 }));
  }
}

/** NUT-09 pairs signatures with `outputs`: what is left out goes from both, as if it had never been signed. */
function keeping(body: Json, place: string, isKept: (at: number) => boolean): Json {
  const kept = (value: unknown) => objectsIn(value).filter((_, at) => isKept(at));
  const outputs = Array.isArray(body['outputs']) ? { outputs: kept(body['outputs']) } : {};
  return { ...body, [place]: kept(body[place]), ...outputs };
}

/** On the curve, and not the signature. */
function anotherPoint(C_: unknown): string {
  return secp256k1.Point.fromHex(String(C_)).add(secp256k1.Point.BASE).toHex(true);
}

/** Numbers of the right size that prove nothing, the same ones every time. */
function anotherDleq(dleq: unknown): Json {
  const { e, s } = isObject(dleq) ? dleq : {};
  return { e: digest(e), s: digest(s) };
}

function digest(value: unknown): string {
  return createHash('sha256').update(String(value)).digest('hex');
}

function without(from: Json, name: string): Json {
  return Object.fromEntries(Object.entries(from).filter(([member]) => member !== name));
}

function objectsIn(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}
