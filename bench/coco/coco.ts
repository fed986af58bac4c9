/** @cashu/coco-core with its repositories in memory, a manager for each wallet, and nothing that looks on in the background. */
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { serveWallets } from '../contestants/wallets.ts';
import type { Purse } from '../load.ts';

/** As much of the package as is used here; it may not be installed when this is compiled. */
type Coco = {
  MemoryRepositories: new () => object;
  initializeCoco(settings: object): Promise<Manager>;
};
type Manager = {
  mint: { addMint(mintUrl: string, options: { trusted: boolean }): Promise<unknown> };
  ops: {
    mint: {
      prepare(wish: object): Promise<{ id: string }>;
      checkPayment(id: string): Promise<{ category: string }>;
      finalize(id: string): Promise<{ state: string }>;
    };
    melt: {
      prepare(wish: object): Promise<{ id: string }>;
      execute(id: string): Promise<{ state: string }>;
      refresh(id: string): Promise<{ state: string }>;
    };
  };
  wallet: { balances: { total(): Promise<{ total: number }> } };
};

const packageName = '@cashu/coco-core';
const lookEveryMs = 50;
const alone = {
  watchers: { mintOperationWatcher: { disabled: true }, proofStateWatcher: { disabled: true } },
  processors: { mintOperationProcessor: { disabled: true } },
};

await serveWallets(async (mintUrl) => {
  const coco: Coco = await import(packageName);
  return (parts) => openPurse(coco, mintUrl, parts);
});

async function openPurse(coco: Coco, mintUrl: string, parts: readonly number[]): Promise<Purse> {
  const seed = Uint8Array.from(randomBytes(64));
  const repo = new coco.MemoryRepositories();
  const manager = await coco.initializeCoco({ repo, seedGetter: async () => seed, ...alone });
  await manager.mint.addMint(mintUrl, { trusted: true });
  for (const part of parts) await mint(manager, mintUrl, part);

  async function pay(invoice: string): Promise<void> {
    const { melt } = manager.ops;
    const { id } = await melt.prepare({ mintUrl, method: 'bolt11', methodData: { invoice } });
    let { state } = await melt.execute(id);
    while (state === 'pending') {
      await pause(lookEveryMs);
      ({ state } = await melt.refresh(id));
    }
    if (state !== 'finalized') throw new Error(`the melt is ${state}`);
  }

  /** By its own books: what they hold is not asked of the mint. */
  const heldSat = async (): Promise<number> => (await manager.wallet.balances.total()).total;

  return { pay, heldSat };
}

async function mint(manager: Manager, mintUrl: string, amount: number): Promise<void> {
  const { ops } = manager;
  const { id } = await ops.mint.prepare({ mintUrl, amount, method: 'bolt11', methodData: {} });
  while ((await ops.mint.checkPayment(id)).category === 'waiting') await pause(lookEveryMs);
  const { state } = await ops.mint.finalize(id);
  if (state !== 'finalized') throw new Error(`the minting is ${state}`);
}
