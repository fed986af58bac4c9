import {
  type LegacyProof,
  type LegacyToken,
  type LegacyWallet,
  type Obstacle,
  originName,
  type UnresolvedReason,
  type WalletVerdict,
} from '../../models/legacy.ts';
import {
  type Circumstances,
  countsAsUnspent,
  isConsumedCopy,
  pieceOf,
  statusHere,
  unitOf,
} from './standing.ts';

/**
 * Something that a person should read.
 * - `obstacle`: the run would stop at it, and so does not begin; `reasons` say why
 * - `unresolved`: proofs that are not in this version's balance; `reasons` say why
 * - `wallet_unresolved`: a wallet document that no wallet follows from
 * - `duplicate`: unspent here, but the same ecash is unspent in another token, which keeps it
 * - `contested`: kept as unspent although another document calls it spent; the mint will be asked
 * - `in_flight`: held by a melt that is not known to have been paid; set aside as pending
 * - `total_differs`: the document's total is not the sum of its proofs; the proofs were believed
 * - `no_proofs`: unspent with a total, and without a proof: there is nothing to take over
 */
export type FindingKind =
  | 'obstacle'
  | 'unresolved'
  | 'wallet_unresolved'
  | 'duplicate'
  | 'contested'
  | 'in_flight'
  | 'total_differs'
  | 'no_proofs';

/** Names a document; never holds a secret. */
export type Finding = {
  document: string;
  kind: FindingKind;
  reasons: (UnresolvedReason | Obstacle)[];
  status: string | null;
  proofs: number;
  amount: bigint;
  unit: string | null;
};

export function findingsOf(
  tokens: readonly LegacyToken[],
  wallets: ReadonlyMap<LegacyWallet, WalletVerdict>,
  known: Circumstances,
): Finding[] {
  const holders = holdersByPiece(tokens);
  return [
    ...[...wallets].flatMap(([wallet, verdict]) => findingAboutWallet(wallet, verdict)),
    ...tokens.flatMap((token) => findingsAbout(token, holders, known)),
  ];
}

type Holders = ReadonlyMap<string, readonly Holder[]>;
type Holder = { token: LegacyToken; proof: LegacyProof };

function holdersByPiece(tokens: readonly LegacyToken[]): Holders {
  const all = tokens.flatMap((token) =>
    token.proofs.map((proof, position) => ({ piece: pieceOf(proof, token, position), token, proof })),
  );
  return Map.groupBy(all, ({ piece }) => piece);
}

function findingAboutWallet(wallet: LegacyWallet, verdict: WalletVerdict): Finding[] {
  if (verdict.fate === 'migrated') return [];
  const document = originName(wallet.origin);
  const nothing = { status: null, proofs: 0, amount: 0n, unit: null };
  return [{ document, kind: 'wallet_unresolved', reasons: [verdict.reason], ...nothing }];
}

function findingsAbout(token: LegacyToken, holders: Holders, known: Circumstances): Finding[] {
  const others = (proof: LegacyProof): readonly Holder[] =>
    (holders.get(pieceOf(proof, token, token.proofs.indexOf(proof))) ?? []).filter(
      (holder) => holder.proof !== proof,
    );
  const about = (kind: FindingKind, proofs: LegacyProof[], isSo = proofs.length > 0): Finding[] =>
    isSo ? [finding(kind, token, proofs, known)] : [];
  const kept = token.proofs.filter(({ verdict }) => verdict?.fate === 'migrated');
  return [
    ...about('unresolved', unresolvedOf(token), !token.readable || unresolvedOf(token).length > 0),
    ...about(
      'duplicate',
      token.proofs.filter((proof) => isDuplicate(proof, token, others(proof))),
    ),
    ...about(
      'contested',
      kept.filter((proof) => isContested(token, others(proof))),
    ),
    ...about('in_flight', token.type === 'melted' ? kept : []),
    ...about('total_differs', token.proofs, totalDiffers(token)),
    ...about('no_proofs', [], hasNothing(token)),
  ];
}

function finding(
  kind: FindingKind,
  token: LegacyToken,
  proofs: readonly LegacyProof[],
  known: Circumstances,
): Finding {
  const reasons = proofs.flatMap(({ verdict }) => (verdict?.fate === 'unresolved' ? [verdict.reason] : []));
  const [first] = proofs;
  return {
    document: originName(token.origin),
    kind,
    reasons: kind === 'unresolved' ? [...new Set(token.readable ? reasons : ['unreadable' as const])] : [],
    status: token.status,
    proofs: proofs.length,
    amount: proofs.reduce((sum, { amount }) => sum + (amount ?? 0n), 0n),
    unit: first === undefined ? null : unitOf(first, token, known),
  };
}

const unresolvedOf = ({ proofs }: LegacyToken): LegacyProof[] =>
  proofs.filter(({ verdict }) => verdict?.fate === 'unresolved');

function isDuplicate(proof: LegacyProof, token: LegacyToken, others: readonly Holder[]): boolean {
  return (
    proof.verdict?.fate === 'copy' &&
    countsAsUnspent(token) &&
    others.some((other) => other.proof.verdict?.fate === 'migrated' && statusHere(other.token) === 'unspent')
  );
}

/** Change that goes by its old name is no contradiction: the source was marked spent as a whole. */
function isContested(token: LegacyToken, others: readonly Holder[]): boolean {
  if (statusHere(token) !== 'unspent') return false;
  return others.some(
    (other) =>
      isConsumedCopy(other.token) || (statusHere(other.token) === 'spent' && token.type !== 'change'),
  );
}

function totalDiffers({ statedTotal, proofs }: LegacyToken): boolean {
  if (statedTotal === null || proofs.length === 0) return false;
  return proofs.reduce((sum, { amount }) => sum + (amount ?? 0n), 0n) !== statedTotal;
}

function hasNothing(token: LegacyToken): boolean {
  return (
    token.readable && token.proofs.length === 0 && countsAsUnspent(token) && (token.statedTotal ?? 0n) > 0n
  );
}
