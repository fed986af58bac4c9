/** The plain flow of cashu-ts, as a wallet in a web page has it: proofs in memory, JavaScript for the curve, nothing stored. */
import { setTimeout as pause } from 'node:timers/promises';
import { type Proof, sumProofs, Wallet } from '@cashu/cashu-ts';
import { inLanes, type Purse } from '../load.ts';
import { takeProofs } from './minting.ts';
import { serveWallets } from './wallets.ts';

const lookEveryMs = 50;
const mintsAtOnce = 8;

await serveWallets(async (mintUrl) => {
  const wallet = new Wallet(mintUrl, { unit: 'sat' });
  await wallet.loadMint();
  return (parts) => openPurse(wallet, parts);
});

async function openPurse(wallet: Wallet, parts: readonly number[]): Promise<Purse> {
  let proofs = (await inLanes(parts, mintsAtOnce, (part) => mint(wallet, part))).flat();

  /** Quote, look (NUT-07), swap to the exact amount (NUT-03), melt with change (NUT-05, NUT-08). */
  async function pay(invoice: string): Promise<void> {
    const quote = await wallet.createMeltQuoteBolt11(invoice);
    const needed = quote.amount.add(quote.fee_reserve);
    const { keep: untouched, send: chosen } = wallet.selectProofsToSend(proofs, needed, true);
    const states = await wallet.checkProofsStates(chosen);
    if (states.some(({ state }) => state !== 'UNSPENT')) throw new Error('a proof is spent already');
    const { keep, send } = await wallet.send(needed, chosen, { includeFees: true });
    proofs = [...untouched, ...keep, ...send];
    const { quote: paid, change } = await wallet.meltProofsBolt11(quote, send);
    if (paid.state !== 'PAID') throw new Error(`the melt is ${paid.state}`);
    proofs = [...untouched, ...keep, ...change];
  }

  async function heldSat(): Promise<number> {
    const states = await wallet.checkProofsStates(proofs);
    const unspent = proofs.filter((_, index) => states[index]?.state === 'UNSPENT');
    return sumProofs(unspent).toNumber();
  }

  return { pay, heldSat };
}

async function mint(wallet: Wallet, amountSat: number): Promise<Proof[]> {
  const { quote } = await wallet.createMintQuoteBolt11(amountSat);
  while ((await wallet.checkMintQuoteBolt11(quote)).state === 'UNPAID') await pause(lookEveryMs);
  return takeProofs(wallet.mint.mintUrl, wallet.getKeyset(), quote, amountSat);
}
