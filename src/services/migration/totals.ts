import { type LegacyProof, type LegacyToken, originName } from '../../models/legacy.ts';
import {
  type Circumstances,
  countsAsUnspent,
  isConsumedCopy,
  isHandedOut,
  isWhole,
  pieceOf,
  statusHere,
  unitOf,
} from './standing.ts';

/** One line of a table. `unit` null = the mint does not know the keyset. */
export type Row = { label: string; unit: string | null; tokens: number; proofs: number; amount: bigint };

/** Each piece of ecash once: unspent before = unspent after + unresolved. */
export type Check = {
  unit: string | null;
  unspentBefore: bigint;
  unspentAfter: bigint;
  unresolved: bigint;
  holds: boolean;
};

export type Totals = { before: Row[]; after: Row[]; archived: Row[]; checks: Check[] };

/** Sums over all tokens of the earlier design, each proof with its verdict. */
export function totalsOf(tokens: readonly LegacyToken[], known: Circumstances): Totals {
  const [before, after, archived] = [new Table(), new Table(), new Table()];
  for (const token of tokens) {
    before.open(labelBefore(token), token);
    if (token.proofs.length === 0) archived.open('without proofs', token);
    for (const proof of token.proofs) {
      const unit = unitOf(proof, token, known);
      before.add(labelBefore(token), unit, token, proof);
      if (proof.verdict?.fate === 'migrated')
        after.add(statusHere(token) ?? 'unreadable', unit, token, proof);
      else archived.add(archivedAs(proof), unit, token, proof);
    }
  }
  return {
    before: before.rows(),
    after: after.rows(),
    archived: archived.rows(),
    checks: checksOf(tokens, known),
  };
}

function labelBefore(token: LegacyToken): string {
  if (isConsumedCopy(token)) return 'melted copies';
  if (isHandedOut(token)) return 'sent, unclaimed';
  return token.status ?? 'unreadable';
}

function archivedAs({ verdict }: LegacyProof): string {
  switch (verdict?.fate) {
    case 'melted':
      return 'melted copies';
    case 'copy':
      return 'copies';
    default:
      return 'unresolved';
  }
}

/** Rows by label and unit, in the order in which they are met. */
class Table {
  readonly #rows = new Map<string, Row & { ids: Set<string> }>();
  readonly #opened = new Map<string, { label: string; ids: Set<string> }>();

  /** Counts a token that may have no proof to be counted by. */
  open(label: string, token: LegacyToken): void {
    if (token.proofs.length > 0) return;
    const opened = this.#opened.get(label) ?? { label, ids: new Set() };
    opened.ids.add(originName(token.origin));
    this.#opened.set(label, opened);
  }

  add(label: string, unit: string | null, token: LegacyToken, proof: LegacyProof): void {
    const key = `${unit} ${label}`;
    const row = this.#rows.get(key) ?? { label, unit, tokens: 0, proofs: 0, amount: 0n, ids: new Set() };
    row.ids.add(originName(token.origin));
    row.proofs += 1;
    row.amount += proof.amount ?? 0n;
    this.#rows.set(key, row);
  }

  rows(): Row[] {
    const withProofs = [...this.#rows.values()].map(({ ids, ...row }) => ({ ...row, tokens: ids.size }));
    const without = [...this.#opened.values()].map(({ label, ids }) => ({
      label,
      unit: null,
      tokens: ids.size,
      proofs: 0,
      amount: 0n,
    }));
    return [...withProofs.sort(byName), ...without.sort(byName)];
  }
}

/** Units by name, the unknown one last; within a unit by label. */
function byName(a: Row, b: Row): number {
  const name = ({ unit, label }: Row): string => `${unit ?? '~'} ${label}`;
  return name(a) < name(b) ? -1 : 1;
}

/** The three sums are taken apart from each other, so that a mistake in deciding shows. */
function checksOf(tokens: readonly LegacyToken[], known: Circumstances): Check[] {
  const before = sumOnce(tokens, known, (_proof, token) => countsAsUnspent(token));
  const after = sumOnce(
    tokens,
    known,
    ({ verdict }, token) => verdict?.fate === 'migrated' && statusHere(token) === 'unspent',
  );
  const unresolved = sumOnce(
    tokens,
    known,
    ({ verdict }, token) => verdict?.fate === 'unresolved' && countsAsUnspent(token),
  );
  const units = new Set([...before.keys(), ...after.keys(), ...unresolved.keys()]);
  return [...units].map((unit) => {
    const sums = {
      unspentBefore: before.get(unit) ?? 0n,
      unspentAfter: after.get(unit) ?? 0n,
      unresolved: unresolved.get(unit) ?? 0n,
    };
    return { unit, ...sums, holds: sums.unspentBefore === sums.unspentAfter + sums.unresolved };
  });
}

/** Σ amounts by unit over the proofs that are wanted, each piece of ecash once; a copy that can be read speaks first. */
function sumOnce(
  tokens: readonly LegacyToken[],
  known: Circumstances,
  isWanted: (proof: LegacyProof, token: LegacyToken) => boolean,
): Map<string | null, bigint> {
  const wanted = tokens.flatMap((token) =>
    token.proofs
      .map((proof, position) => ({ token, proof, piece: pieceOf(proof, token, position) }))
      .filter(({ proof }) => isWanted(proof, token)),
  );
  const seen = new Set<string>();
  const sums = new Map<string | null, bigint>();
  for (const { token, proof, piece } of wanted.sort((a, b) => readability(b) - readability(a))) {
    if (seen.has(piece)) continue;
    seen.add(piece);
    const unit = unitOf(proof, token, known);
    sums.set(unit, (sums.get(unit) ?? 0n) + (proof.amount ?? 0n));
  }
  return sums;
}

const readability = ({ proof }: { proof: LegacyProof }): number => Number(isWhole(proof));
