import type { Proof } from '../../src/models/proof.ts';
import type { TokenDocument } from '../../src/models/schemas/token.ts';
import { proofsOf, tokensOf } from './money.ts';
import type { Json, Reply, TestWallet, World } from './world.ts';

export type HeldProof = Proof & { tokenId: string };

/** The wallet's spendable proof of this amount. */
export async function proofOf(world: World, { npub }: TestWallet, amount: number): Promise<HeldProof> {
  const found = (await proofsOf(world, npub)).find((proof) => proof.amount === BigInt(amount));
  if (found === undefined) throw new Error(`the wallet has no proof of ${amount}`);
  return found;
}

export async function tokenWith(world: World, { npub }: TestWallet, Y: string): Promise<TokenDocument> {
  const [token, ...more] = await tokensOf(world, npub, { 'proofs.Y': Y });
  if (token === undefined || more.length > 0) throw new Error('the proof is not in one token');
  return token;
}

export const askStatus = ({ call }: World, { at }: TestWallet, url?: string): Promise<Reply> =>
  call('POST', `${at}/proofs/status`, {}, {}, url);

export const askReconcile = (
  { call }: World,
  { at }: TestWallet,
  body: Json = {},
  url?: string,
): Promise<Reply> => call('POST', `${at}/reconcile`, body, {}, url);

/** How a wallet in order is told. */
export const inOrder = {
  discrepancies: [],
  severityCounts: { HIGH: 0, MEDIUM: 0, LOW: 0 },
  consistent: true,
  hasHighSeverity: false,
  complete: true,
};
