import { type Breakage, edit } from './breakage.ts';

const severalWallets = 'tests/integration/severalWallets.test.ts';
const walletService = 'src/services/walletService.ts';

/** Wallets of one owner, and of others. */
export const wallets: Breakage[] = [
  {
    name: 'all wallets of an npub have one seed',
    edits: [
      edit('src/services/ecash/seeds.ts', 'JSON.stringify([addressOf(wallet.mintUrl), wallet.unit])', "''"),
    ],
    caughtBy: severalWallets,
    test: 'is handed none of that other’s ecash',
  },
  {
    name: 'a mint has the seed of whichever key it claims',
    edits: [
      edit(
        'src/services/ecash/seeds.ts',
        '[addressOf(wallet.mintUrl), wallet.unit]',
        '[wallet.mintId ?? addressOf(wallet.mintUrl), wallet.unit]',
      ),
    ],
    caughtBy: severalWallets,
    test: 'signatures and its key off as its own',
  },
  {
    name: 'a walletId that is not the owner’s opens the first wallet',
    edits: [edit(walletService, 'throw walletNotFound(npub, walletId);', 'return owned[0];')],
    caughtBy: severalWallets,
    test: 'are found by none of their ids',
  },
  {
    name: 'the first wallet is the one whose maker’s clock was slowest',
    edits: [edit('src/repositories/wallets.ts', 'is_first: -1, created_at: 1', 'created_at: 1')],
    caughtBy: severalWallets,
    test: 'from the wallet that was first, whatever the clocks',
  },
  {
    name: 'a token goes to the first wallet, whatever its mint',
    edits: [
      edit(
        walletService,
        'owned.find(isAt(mintUrl, unit))',
        'owned.find((wallet) => !isAt(mintUrl, unit)(wallet))',
      ),
    ],
    caughtBy: severalWallets,
    test: 'need not name it for a transaction',
  },
];
