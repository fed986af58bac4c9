/** How the secrets of a keyset are derived (NUT-13): by BIP-32 until version 00, by HMAC-SHA-256 since 01. */
type Derivation = 'bip32' | 'hmac';

/** Ids of the keysets before version 00 are base64, of either alphabet; as cashu-ts, we take what decodes and encodes to itself. */
const base64 = /^(?:[A-Za-z0-9+/]+|[A-Za-z0-9_-]+)={0,2}$/;
const hexadecimal = /^[0-9a-f]+$/i;

/** The integer that BIP-32 paths know a keyset by (NUT-13). */
const keysetIntegers = 2n ** 31n - 1n;

/** @throws where the id is of no version that is known */
export function derivationOf(keysetId: string): Derivation {
  const isHexadecimal = hexadecimal.test(keysetId);
  if (isHexadecimal ? keysetId.startsWith('00') : isBase64(keysetId)) return 'bip32';
  if (isHexadecimal && keysetId.startsWith('01') && keysetId.length % 2 === 0) return 'hmac';
  throw new RangeError('Nothing is known of how keysets of this version derive their secrets.');
}

/** Below 2^31. */
export function keysetInteger(keysetId: string): number {
  const digits = hexadecimal.test(keysetId) ? keysetId : Buffer.from(keysetId, 'base64').toString('hex');
  return Number(BigInt(`0x${digits || '0'}`) % keysetIntegers);
}

function isBase64(keysetId: string): boolean {
  if (!base64.test(keysetId) || keysetId.length % 4 === 1) return false;
  const bare = keysetId.replace(/=+$/, '').replaceAll('+', '-').replaceAll('/', '_');
  return Buffer.from(keysetId, 'base64').toString('base64url') === bare;
}
