import { randomBytes, randomUUID } from 'node:crypto';
import { hashToCurve } from '@cashu/cashu-ts';
import { post } from '../../simulator/testing.ts';
import { type Proof, sumAmounts } from '../../src/models/proof.ts';
import type { WalletDocument } from '../../src/models/schemas/account.ts';
import { tokenDocument } from '../../src/repositories/tokenDocuments.ts';
import { member } from './member.ts';
import { sealerBehind } from './sealers.ts';
import type { TestWallet, World } from './world.ts';

const proofsInToken = 50;

/** Puts so many proofs of 1 into a wallet, bought from the mint by somebody else, as tokens of 50. */
export async function giveDust(world: World, { npub }: TestWallet, count: number): Promise<void> {
  const { database } = world.context;
  const owner = await database.wallets.findOne({ npub }).lean<WalletDocument>();
  if (owner === null) throw new Error('the wallet is not there');
  const sealer = await sealerBehind(database.connection, world.env);
  for (let left = count; left > 0; left -= proofsInToken) {
    const proofs = await boughtDust(world, Math.min(left, proofsInToken));
    const id = `tok_${randomUUID()}`;
    const token = {
      id,
      npub,
      walletId: owner._id,
      mintUrl: owner.mint_url,
      unit: owner.unit,
      proofs,
      totalAmount: sumAmounts(proofs),
      status: 'unspent' as const,
      transactionType: 'received' as const,
      transactionId: `dust ${id}`,
      spentAt: null,
      spentReason: null,
      reservedBy: null,
      version: 1,
      metadata: {},
      createdAt: new Date(),
    };
    await database.tokens.create([tokenDocument(token, sealer)]);
  }
}

/** Ecash for a paid invoice (NUT-04). Its outputs are not blinded, so that there is nothing to unblind. */
async function boughtDust({ sim, simulator }: World, amount: number): Promise<Proof[]> {
  const keysetId = (await sim.books()).keysets.find(({ active }) => active)?.id ?? '';
  const quote = (await post(`${simulator.url}/v1/mint/quote/bolt11`, { amount, unit: 'sat' })).body;
  await sim.pay(String(quote['request']));
  const made = Array.from({ length: amount }, () => {
    const secret = randomBytes(32).toString('hex');
    return { secret, Y: hashToCurve(Buffer.from(secret, 'utf8')).toHex(true) };
  });
  const outputs = made.map(({ Y }) => ({ amount: 1, id: keysetId, B_: Y }));
  const { body } = await post(`${simulator.url}/v1/mint/bolt11`, { quote: quote['quote'], outputs });
  return made.map(({ secret, Y }, at) => ({
    Y,
    secret,
    amount: 1n,
    keysetId,
    C: String(member(body, 'signatures', at, 'C_')),
  }));
}
