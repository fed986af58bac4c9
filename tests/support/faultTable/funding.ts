import { randomBytes, randomUUID } from 'node:crypto';
import { hashToCurve } from '@cashu/cashu-ts';
import { powersOfTwo } from '../../../simulator/mint/amounts.ts';
import { post } from '../../../simulator/testing.ts';
import { type Proof, sumAmounts } from '../../../src/models/proof.ts';
import type { WalletDocument } from '../../../src/models/schemas/account.ts';
import type { CashuToken } from '../../../src/models/token.ts';
import { tokenDocument } from '../../../src/repositories/tokenDocuments.ts';
import { member } from '../money.ts';
import { sealerBehind } from '../sealers.ts';
import type { TestWallet, World } from '../world.ts';
import { allAtRest, hasOpen } from './cell.ts';
import type { Stand } from './stand.ts';

/**
 * A new wallet that holds `amount`, bought from the mint by somebody else and put into its books. Funding it through the
 * server is what the mintings' table is for, and costs more than a melt; only where the keyset is one that the server may
 * not have heard of it is done, so that it has.
 */
export async function fundedWallet(stand: Stand, amount: number): Promise<TestWallet> {
  const { world } = stand;
  const wallet = await world.wallet();
  const keysetId = await activeKeyset(world);
  if (await hasUsed(world, keysetId))
    await handOver(world, wallet.npub, await bought(world, keysetId, amount));
  else await throughServer(stand, wallet, amount);
  return wallet;
}

/** Has the server use the mint's active keyset, so that what it was told before a rotation is forgotten. */
export async function upToDate(stand: Stand): Promise<void> {
  const { world } = stand;
  if (await hasUsed(world, await activeKeyset(world))) return;
  await throughServer(stand, await world.wallet(), 1);
}

async function throughServer(stand: Stand, wallet: TestWallet, amount: number): Promise<void> {
  const { world, until } = stand;
  const { body } = await world.call('POST', `${wallet.at}/mint`, { amount });
  await world.sim.pay(String(body['invoice']));
  await until(async () => !(await hasOpen(stand, wallet)), 'the wallet funded');
  await allAtRest(stand);
}

async function activeKeyset({ sim }: World): Promise<string> {
  return (await sim.books()).keysets.find(({ active }) => active)?.id ?? '';
}

async function hasUsed({ context }: World, keysetId: string): Promise<boolean> {
  const { tokens } = context.database;
  const own = await tokens.exists({ 'proofs.keyset_id': keysetId, transaction_type: { $ne: 'received' } });
  return own !== null;
}

async function handOver(world: World, npub: string, proofs: Proof[]): Promise<void> {
  const { database } = world.context;
  const owner = await database.wallets.findOne({ npub }).lean<WalletDocument>();
  if (owner === null) throw new Error('the wallet is not there');
  const token: CashuToken = {
    id: `tok_${randomUUID()}`,
    npub,
    walletId: owner._id,
    mintUrl: owner.mint_url,
    unit: owner.unit,
    proofs,
    totalAmount: sumAmounts(proofs),
    status: 'unspent',
    transactionType: 'received',
    transactionId: 'handed over',
    spentAt: null,
    spentReason: null,
    reservedBy: null,
    version: 1,
    metadata: {},
    createdAt: new Date(),
  };
  const sealer = await sealerBehind(world.context.database.connection, world.env);
  await database.tokens.create([tokenDocument(token, sealer)]);
}

/** Ecash for a paid invoice (NUT-04). Its outputs are not blinded, so that there is nothing to unblind. */
async function bought({ sim, simulator }: World, keysetId: string, amount: number): Promise<Proof[]> {
  const quote = (await post(`${simulator.url}/v1/mint/quote/bolt11`, { amount, unit: 'sat' })).body;
  await sim.pay(String(quote['request']));
  const made = powersOfTwo(BigInt(amount)).map((part) => {
    const secret = randomBytes(32).toString('hex');
    return { amount: part, secret, Y: hashToCurve(Buffer.from(secret, 'utf8')).toHex(true) };
  });
  const outputs = made.map(({ amount: part, Y }) => ({ amount: Number(part), id: keysetId, B_: Y }));
  const { body } = await post(`${simulator.url}/v1/mint/bolt11`, { quote: quote['quote'], outputs });
  return made.map((proof, at) => ({ ...proof, keysetId, C: String(member(body, 'signatures', at, 'C_')) }));
}
