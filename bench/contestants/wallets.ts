import { listen } from '../ipc.ts';
import { inLanes, type Purse, payAll } from '../load.ts';

/** Opens a wallet that is paid into in these parts, in sat. */
type OpenPurse = (parts: readonly number[]) => Promise<Purse>;

const opensAtOnce = 4;

/** A process with the wallets of a library in it. Its first argument names the mint; it says "ready" once it may be asked. */
export async function serveWallets(connect: (mintUrl: string) => Promise<OpenPurse>): Promise<void> {
  const [mintUrl = ''] = process.argv.slice(2);
  const openPurse = await connect(mintUrl);
  let purses: Purse[] = [];
  listen((asked) => {
    switch (asked.ask) {
      case 'fund':
        return fund(asked.parts);
      case 'pay':
        return payAll(purses, asked.invoices, asked.limitMs).then((load) => ({ said: 'paid', load }));
      case 'held':
        return held();
      default:
        return undefined;
    }
  });
  console.log('ready');

  async function fund(parts: number[][]) {
    purses = [];
    purses = await inLanes(parts, opensAtOnce, openPurse);
    return { said: 'funded' } as const;
  }

  async function held() {
    const each = await inLanes(purses, opensAtOnce, (purse) => purse.heldSat());
    return { said: 'held', heldSat: each.reduce((sum, sat) => sum + sat, 0) } as const;
  }
}
