import { invariant } from '../../models/errors.ts';
import { type Obstacle, type Origin, originName } from '../../models/legacy.ts';
import { type Occupant, proofPlace, purposeName } from '../../repositories/legacy/occupants.ts';
import type { Place } from '../../repositories/legacy/originals.ts';
import type { Rehearsal } from '../../repositories/legacy/rehearsal.ts';
import type { LegacySource } from '../../repositories/legacy/source.ts';
import type { Finding } from './findings.ts';
import { dueTokens, dueWallets, makerOf, type Plan } from './work.ts';

type Met = { document: string; obstacle: Obstacle };

/** Tries on every document what a run would do with it. @returns those on which the run would stop, each with its reason */
export async function findObstacles(
  plan: Plan,
  source: Pick<LegacySource, 'occupants' | 'stands'>,
  rehearsal: Rehearsal,
): Promise<Finding[]> {
  const met = new Map<string, Obstacle>();
  const note = ({ document, obstacle }: Met): unknown => met.set(document, met.get(document) ?? obstacle);
  for (const document of plan.inventory.twins) note({ document, obstacle: 'same_name' });
  for (const { legacy, place } of dueWallets(plan)) {
    const obstacle = await rehearsal.ofWallet(legacy, place);
    if (obstacle !== null) note({ document: originName(legacy.origin), obstacle });
  }
  for (const due of dueTokens(plan)) {
    const obstacle = await rehearsal.ofToken(due.token, due.place, makerOf(due));
    if (obstacle !== null) note({ document: originName(due.token.origin), obstacle });
  }
  for await (const document of occupiedPlaces(plan, source)) note({ document, obstacle: 'already_here' });
  return [...met].map(([document, obstacle]) => ({
    document,
    kind: 'obstacle',
    reasons: [obstacle],
    status: null,
    proofs: 0,
    amount: 0n,
    unit: null,
  }));
}

const maxNamed = 20;

/** @throws InvariantBroken naming what is in the way */
export function refuseObstacles(obstacles: readonly Finding[]): void {
  const named = obstacles.slice(0, maxNamed).map(({ document, reasons }) => `${document} (${reasons})`);
  const more = obstacles.length > maxNamed ? ` and ${obstacles.length - maxNamed} more` : '';
  invariant(
    obstacles.length === 0,
    `Nothing was written, because the migration would stop half-way at ${named.join(', ')}${more}; docs/migration.md says what to do.`,
  );
}

/** Something that would be made, and from which original. */
type Claim = { origin: Origin; kind: 'token' | 'wallet'; place: Place; npub: string };

/** Documents of which something would be made that stands here already, though no run has made it of them. */
async function* occupiedPlaces(
  plan: Plan,
  source: Pick<LegacySource, 'occupants' | 'stands'>,
): AsyncGenerator<string> {
  const claims = claimsOf(plan);
  if (claims.size === 0) return;
  for await (const occupant of source.occupants()) {
    for (const claim of claimed(occupant, claims)) {
      if (isRightfully(occupant, claim)) continue;
      // Where the original is gone, another run has just made it.
      if (await source.stands(claim.kind, claim.origin, claim.place)) yield originName(claim.origin);
    }
  }
}

function claimsOf(plan: Plan): Map<string, Claim> {
  const claims = new Map<string, Claim>();
  for (const { token, place, draft } of dueTokens(plan)) {
    if (draft === null) continue;
    const { wallet, positions, id, transactionId } = draft;
    const claim: Claim = { origin: token.origin, kind: 'token', place, npub: wallet.npub };
    claims.set(`token ${id}`, claim);
    claims.set(`purpose ${purposeName(wallet.id, transactionId)}`, claim);
    for (const position of positions) {
      const Y = token.proofs[position]?.Y ?? '';
      claims.set(`proof ${proofPlace(wallet.id, wallet.mintUrl, Y)}`, claim);
    }
  }
  for (const { legacy, place, wallet } of dueWallets(plan)) {
    if (wallet === null) continue;
    claims.set(`wallet ${wallet.id}`, { origin: legacy.origin, kind: 'wallet', place, npub: wallet.npub });
  }
  return claims;
}

/** The original itself, which makes room for what is made of it; or the wallet that its owner has already. */
function isRightfully(occupant: Occupant, { origin, place, npub }: Claim): boolean {
  if (occupant.kind === 'wallet') return occupant.npub === npub;
  return place.kind === 'legacy' && occupant.collection === origin.collection && occupant.id === origin.id;
}

function claimed(occupant: Occupant, claims: ReadonlyMap<string, Claim>): Claim[] {
  const { kind, id } = occupant;
  const names =
    kind === 'wallet'
      ? [`wallet ${id}`]
      : [
          `token ${id}`,
          ...(occupant.purpose === null ? [] : [`purpose ${occupant.purpose}`]),
          ...occupant.proofs.map((proof) => `proof ${proof}`),
        ];
  return names.flatMap((name) => claims.get(name) ?? []);
}
