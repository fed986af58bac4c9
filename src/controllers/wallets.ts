import type { RequestHandler } from 'express';
import { requireCreationOf } from '../middleware/authenticate.ts';
import { npubOf, walletNameOf } from '../middleware/requestContext.ts';
import { bodies, readBody } from '../middleware/validate.ts';
import type { WalletService } from '../services/contracts.ts';
import { presentBalance, presentCreated, presentInfo, presentWallets } from './presentWallet.ts';

/** Handlers of a wallet's own routes. */
export function walletController(wallets: WalletService) {
  const create: RequestHandler = async (req, res) => {
    const { npub, mintUrl, unit } = readBody(bodies.createWallet, req);
    requireCreationOf(req, npub);
    const outcome = await wallets.create(npub, { mintUrl, unit });
    res.status(outcome.created ? 201 : 200).json(presentCreated(outcome));
  };

  const info: RequestHandler = async (req, res) => {
    res.json(presentInfo(await wallets.info(walletNameOf(req))));
  };

  const balance: RequestHandler = async (req, res) => {
    res.json(presentBalance(await wallets.balance(walletNameOf(req))));
  };

  const list: RequestHandler = async (req, res) => {
    res.json(presentWallets(await wallets.list(npubOf(req))));
  };

  return { create, info, balance, list };
}
