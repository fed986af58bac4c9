import { deriveKeysetId } from '@cashu/cashu-ts';
import { type Cached, cached } from './cached.ts';
import type { Answer, MintGateway } from './gateway.ts';
import { asAmount, asHex, asList, asRecord, asText, type JsonRecord } from './wire.ts';

/** A keyset as listed (NUT-02), with the fee for each proof spent from it in thousandths of the unit. */
export type KeysetInfo = {
  id: string;
  unit: string;
  active: boolean;
  inputFeePpk: bigint;
  finalExpiry: number | null;
};

/** A keyset with its public keys by amount; its id was derived from them and matches. */
export type KeysetKeys = { id: string; keys: Record<string, string> };

export type KeysetDirectory = {
  /** Keysets as last listed; asked again when older than `maxAgeMs`. */
  list(maxAgeMs: number): Promise<Answer<KeysetInfo[]>>;
  /** Keys of any keyset that the mint ever had; they never change, so they are asked for once. */
  keys(keysetId: string): Promise<Answer<KeysetKeys>>;
  /** The mint has said that a keyset signs no more: what was listed is out of date. */
  forgetListing(): void;
};

const maxKeysets = 1_000;
const maxKeysKept = 256;
const maxOwners = 10_000;
/** What a keyset is (unit, fee) hardly ever changes, so a listing of this age will do to check its keys against. */
const listingMaxAgeMs = 60_000;
/** A keyset that is not listed may be new. So often at most is the mint asked again because of one. */
const unlistedMaxAgeMs = 1_000;
const knownVersions = /^0[01]/;

/**
 * Keysets of one mint. A keyset whose id does not follow from its keys is refused: the mint could be equivocating. So is one
 * whose id another mint had first (NUT-02): counters go by keyset id, and secrets must never meet twice.
 */
export function createKeysetDirectory(gateway: MintGateway, owners: Map<string, string>): KeysetDirectory {
  const listing = cached(async () => readAnswer(await gateway.get('keysets'), readKeysets));
  const keysById = new Map<string, Cached<KeysetKeys>>();

  function keys(keysetId: string): Promise<Answer<KeysetKeys>> {
    const known = keysById.get(keysetId) ?? cached(() => verifiedKeys(keysetId));
    keysById.set(keysetId, known);
    const [oldest] = keysById.keys();
    if (keysById.size > maxKeysKept && oldest !== undefined) keysById.delete(oldest);
    return known.get(Number.POSITIVE_INFINITY);
  }

  async function verifiedKeys(keysetId: string): Promise<Answer<KeysetKeys>> {
    const [info, answer] = await Promise.all([
      listed(keysetId),
      gateway.get(`keys/${encodeURIComponent(keysetId)}`),
    ]);
    if (info.kind !== 'answer') return info;
    return readAnswer(answer, (reply) => {
      const found = readKeys(reply, keysetId);
      if (found === undefined || !idFollowsFromKeys(found, info.value)) return undefined;
      return claimed(keysetId) ? found : undefined;
    });
  }

  async function listed(keysetId: string): Promise<Answer<KeysetInfo>> {
    for (const maxAgeMs of [listingMaxAgeMs, unlistedMaxAgeMs]) {
      const answer = await listing.get(maxAgeMs);
      if (answer.kind !== 'answer') return answer;
      const info = answer.value.find(({ id }) => id === keysetId);
      if (info !== undefined) return { kind: 'answer', value: info };
    }
    return { kind: 'nonsense' };
  }

  /** Whether this mint is the first to use the id, and so the only one that may. */
  function claimed(keysetId: string): boolean {
    const owner = owners.get(keysetId);
    if (owner === undefined && owners.size < maxOwners) owners.set(keysetId, gateway.url);
    return owners.get(keysetId) === gateway.url;
  }

  return { list: listing.get, keys, forgetListing: listing.forget };
}

function readAnswer<T, U>(answer: Answer<T>, read: (value: T) => U | undefined): Answer<U> {
  if (answer.kind !== 'answer') return answer;
  const value = read(answer.value);
  return value === undefined ? { kind: 'nonsense' } : { kind: 'answer', value };
}

/** NUT-02: the id is derived from the keys (and, since version 01, unit, fee and expiry). */
function idFollowsFromKeys(keyset: KeysetKeys, info: KeysetInfo): boolean {
  const versionByte = Number.parseInt(keyset.id.slice(0, 2), 16);
  const derived = deriveKeysetId(keyset.keys, {
    versionByte,
    unit: info.unit,
    input_fee_ppk: Number(info.inputFeePpk),
    ...(info.finalExpiry === null ? {} : { expiry: info.finalExpiry }),
  });
  return derived === keyset.id;
}

function readKeysets(reply: JsonRecord): KeysetInfo[] | undefined {
  const list = asList(reply['keysets'], maxKeysets);
  if (list === undefined) return undefined;
  const keysets: KeysetInfo[] = [];
  for (const item of list) {
    const record = asRecord(item);
    const id = asText(record?.['id'], 66);
    const unit = asText(record?.['unit'], 32);
    const active = record?.['active'];
    if (id === undefined || unit === undefined || typeof active !== 'boolean') return undefined;
    // Ids of an unknown version (or from before versions) can't be checked; such keysets are left alone.
    if (!knownVersions.test(id)) continue;
    const expiry = record?.['final_expiry'];
    keysets.push({
      id,
      unit,
      active,
      inputFeePpk: asAmount(record?.['input_fee_ppk']) ?? 0n,
      finalExpiry: typeof expiry === 'number' && expiry > 0 ? expiry : null,
    });
  }
  return keysets;
}

function readKeys(reply: JsonRecord, keysetId: string): KeysetKeys | undefined {
  const keyset = (asList(reply['keysets'], maxKeysets) ?? [])
    .map(asRecord)
    .find((entry) => entry?.['id'] === keysetId);
  const raw = asRecord(keyset?.['keys']);
  if (raw === undefined || Object.keys(raw).length === 0) return undefined;
  const keys: Record<string, string> = {};
  for (const [amount, key] of Object.entries(raw)) {
    const hex = asHex(key, 33);
    if (!/^[1-9][0-9]{0,19}$/.test(amount) || hex === undefined) return undefined;
    keys[amount] = hex;
  }
  return { id: keysetId, keys };
}
