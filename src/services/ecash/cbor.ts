import { isUtf8 } from 'node:buffer';

/** Bytes, in hex. */
export type CborBytes = { hex: string };
export type CborMap = Map<string, CborValue>;
/** What CBOR (RFC 8949) can say, as far as a token needs it. Where a float or a simple value stands, it is `undefined`. */
export type CborValue =
  | number
  | bigint
  | string
  | boolean
  | null
  | undefined
  | CborBytes
  | CborValue[]
  | CborMap;

const maxDepth = 16;
const indefinite = 31;
const breakByte = 0xff;
/** Stands in a decoded text for what is no UTF-8, or for itself. */
const replacement = '\ufffd';

/**
 * Reads CBOR of strangers. The reader of cashu-ts takes half a second for 150 kB of empty texts; this one stops after
 * `maxItems` items, whatever they are. Of a map it keeps what has a text as its key.
 * @returns null where that is not exactly one well-formed item, or is deeper or has more items than allowed
 */
export function readCbor(bytes: Buffer, maxItems: number): { value: CborValue } | null {
  let at = 0;
  let items = 0;

  function item(depth: number): CborValue {
    items += 1;
    if (items > maxItems || depth > maxDepth) throw new RangeError('too much CBOR');
    const first = bytes.readUInt8(skip(1));
    return content(first >> 5, first & 0x1f, depth);
  }

  function content(major: number, info: number, depth: number): CborValue {
    switch (major) {
      case 0:
        return argument(info);
      case 1:
        return negative(argument(info));
      case 2:
        return hex(length(info));
      case 3:
        return text(length(info));
      case 4:
        return list(info, depth + 1);
      case 5:
        return map(info, depth + 1);
      case 6:
        argument(info);
        return item(depth + 1);
      default:
        return simple(info);
    }
  }

  /** The number that is in an item's first byte, or follows it. */
  function argument(info: number): number | bigint {
    if (info < 24) return info;
    if (info === 27) return exact(bytes.readBigUInt64BE(skip(8)));
    if (info > 27) throw new RangeError('no such length in CBOR');
    const size = 2 ** (info - 24);
    return bytes.readUIntBE(skip(size), size);
  }

  function length(info: number): number {
    const value = argument(info);
    if (value > bytes.length) throw new RangeError('more than there is');
    return Number(value);
  }

  /** @returns where that began which is behind us now */
  function skip(count: number): number {
    if (count > bytes.length - at) throw new RangeError('more than there is');
    at += count;
    return at - count;
  }

  function hex(size: number): CborBytes {
    const start = skip(size);
    return { hex: bytes.toString('hex', start, at) };
  }

  function text(size: number): string {
    const start = skip(size);
    const decoded = bytes.toString('utf8', start, at);
    if (decoded.includes(replacement) && !isUtf8(bytes.subarray(start, at))) throw new RangeError('no UTF-8');
    return decoded;
  }

  /** Calls `read` as often as the first byte says, or up to a break. */
  function each(info: number, read: () => void): void {
    if (info !== indefinite) {
      for (let left = length(info); left > 0; left -= 1) read();
      return;
    }
    while (bytes.readUInt8(at) !== breakByte) read();
    skip(1);
  }

  function list(info: number, depth: number): CborValue[] {
    const values: CborValue[] = [];
    each(info, () => values.push(item(depth)));
    return values;
  }

  function map(info: number, depth: number): CborMap {
    const members: CborMap = new Map();
    each(info, () => {
      const key = item(depth);
      const value = item(depth);
      if (typeof key !== 'string') return;
      if (members.has(key)) throw new RangeError('a key comes twice');
      members.set(key, value);
    });
    return members;
  }

  function simple(info: number): CborValue {
    if (info === 20 || info === 21) return info === 21;
    if (info === 22) return null;
    argument(info);
    return undefined;
  }

  try {
    const value = item(0);
    return at === bytes.length ? { value } : null;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** A number where that is exact. */
const exact = (value: bigint): number | bigint => (value <= Number.MAX_SAFE_INTEGER ? Number(value) : value);

const negative = (value: number | bigint): number | bigint =>
  typeof value === 'bigint' || value === Number.MAX_SAFE_INTEGER ? -1n - BigInt(value) : -1 - value;
