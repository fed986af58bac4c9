import { deriveKeysetId } from '@cashu/cashu-ts';
import { type Cached, cached } from './cached.ts';
import type { Answer, MintGateway } from './gateway.ts';
import type { createSharedKeysets } from './sharedKeysets.ts';
import { asAmount, asHex, asList, asRecord, asText, type JsonRecord } from './wire.ts';

/** A keyset as listed (NUT-02), with the fee for each proof spent from it in thousandths of the unit. */
export type KeysetInfo = {
  id: string;
  unit: string;
  active: boolean;
  inputFeePpk: bigint;
  finalExpiry: number | null;
};

/** A keyset with its public keys by amount, 1 among them; its id was derived from them and matches. */
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
/** What a keyset is (unit, fee) hardly ever changes, so a listing of this age will do to check its keys against. */
const listingMaxAgeMs = 60_000;
/** A keyset that is not listed may be new. So often at most is the mint asked again because of one. */
const unlistedMaxAgeMs = 1_000;
const knownVersions = /^0[01]/;
/** Ids of this version follow from unit, fee and expiry, too. */
const idCommitsToTerms = /^01/;

/**
 * Keysets of one mint. A keyset whose id does not follow from its keys is refused: the mint could be equivocating. So is a
 * listing that gives one whose keys are known another unit, fee or expiry than its id follows from.
 */
export function createKeysetDirectory(
  gateway: MintGateway,
  sharedKeysets: Pick<ReturnType<typeof createSharedKeysets>, 'noteUse'>,
): KeysetDirectory {
  const listing = cached(async () => readAnswer(await gateway.get('keysets'), readListing));
  const keysById = new Map<string, Cached<KeysetKeys>>();
  /** What keysets whose keys are known were listed with when their ids were checked. */
  const checkedById = new Map<string, KeysetInfo>();

  function readListing(reply: JsonRecord): KeysetInfo[] | undefined {
    const listed = readKeysets(reply);
    return listed?.every((info) => keepsTerms(info, checkedById.get(info.id))) ? listed : undefined;
  }

  function keys(keysetId: string): Promise<Answer<KeysetKeys>> {
    const known = keysById.get(keysetId) ?? cached(() => verifiedKeys(keysetId));
    keysById.set(keysetId, known);
    const [oldest] = keysById.keys();
    if (keysById.size > maxKeysKept && oldest !== undefined) {
      keysById.delete(oldest);
      checkedById.delete(oldest);
    }
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
      checkedById.set(keysetId, info.value);
      sharedKeysets.noteUse(keysetId, gateway.url);
      return found;
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

/** Whether a keyset is listed with what its id was found to follow from (NUT-02). */
function keepsTerms(listed: KeysetInfo, checked: KeysetInfo | undefined): boolean {
  if (checked === undefined || !idCommitsToTerms.test(listed.id)) return true;
  return (
    listed.unit === checked.unit &&
    listed.inputFeePpk === checked.inputFeePpk &&
    listed.finalExpiry === checked.finalExpiry
  );
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

/** Without a key for 1, not every amount can be made: such a keyset is of no use, whatever else it has. */
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
  return keys['1'] === undefined ? undefined : { id: keysetId, keys };
}
