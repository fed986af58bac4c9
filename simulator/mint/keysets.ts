import type { KeysetVersion } from '../options.ts';
import type { KeysetRecord } from '../state/records.ts';
import type { Store } from '../state/store.ts';
import { codes, refuse } from './errors.ts';
import type { KeyPair, Keyring, KeysetKeys } from './keyring.ts';

export type KeysetTerms = { unit: string; version: KeysetVersion; inputFeePpk: number };

/** The mint's keysets (NUT-01, NUT-02): which there are, which one signs, and their keys. */
export class Keysets {
  readonly #store: Store;
  readonly #keyring: Keyring;

  constructor(store: Store, keyring: Keyring) {
    this.#store = store;
    this.#keyring = keyring;
    for (const keyset of this.all()) this.#checkSeed(keyset);
  }

  all(): KeysetRecord[] {
    return [...this.#store.state.keysets.values()];
  }

  active(): KeysetRecord {
    const active = this.all().find((keyset) => keyset.active);
    if (!active) throw new Error('simulator invariant broken: one keyset is always active');
    return active;
  }

  known(id: string): KeysetRecord {
    return this.#store.state.keysets.get(id) ?? refuse(codes.keysetUnknown, `keyset ${id} is not known`);
  }

  /** For outputs: the keyset must still sign. */
  signing(id: string): KeysetRecord {
    const keyset = this.known(id);
    return keyset.active
      ? keyset
      : refuse(codes.keysetInactive, `keyset ${id} is inactive, it signs nothing`);
  }

  keys(keyset: KeysetRecord): KeysetKeys {
    return this.#keyring.keyset(keyset.index);
  }

  keyFor(keyset: KeysetRecord, amount: bigint): KeyPair | undefined {
    return this.keys(keyset).byAmount.get(amount);
  }

  /** The new keyset becomes the only active one; proofs of the old ones stay good as inputs. */
  rotate(terms: KeysetTerms): KeysetRecord {
    const index = this.all().length;
    const id = this.#keyring.keysetId(index, terms.version, terms.unit, terms.inputFeePpk);
    const keyset: KeysetRecord = { index, id, ...terms, active: true };
    this.#store.commit({ kind: 'keyset_added', keyset });
    return keyset;
  }

  /** A rotation to a keyset like the active one, but for what is wished otherwise. */
  replace(wishes: { version?: KeysetVersion | null; inputFeePpk?: number | null }): KeysetRecord {
    const { unit, version, inputFeePpk } = this.active();
    return this.rotate({
      unit,
      version: wishes.version ?? version,
      inputFeePpk: wishes.inputFeePpk ?? inputFeePpk,
    });
  }

  #checkSeed({ index, id, version, unit, inputFeePpk }: KeysetRecord): void {
    if (this.#keyring.keysetId(index, version, unit, inputFeePpk) !== id) {
      throw new Error('the journal was written with another seed; start with that one or use a new journal');
    }
  }
}
