import type { RequestHandler } from 'express';
import { prefersAsync } from '../middleware/prefer.ts';
import { walletNameOf } from '../middleware/requestContext.ts';
import { bodies, readBody } from '../middleware/validate.ts';
import type { RestoreRequestService } from '../services/contracts.ts';
import { presentPresent, presentRestore, restoreUrlOf } from './presentRestore.ts';

/** Handlers that look for a wallet's ecash by its seed. */
export function restoreController(restores: RestoreRequestService) {
  const restore: RequestHandler = async (req, res) => {
    readBody(bodies.nothing, req);
    const respondAsync = prefersAsync(req.get('prefer'));
    const wallet = walletNameOf(req);
    const { status, body } = presentRestore(await restores.request({ wallet, respondAsync }), wallet);
    if (status === 202) res.set('Location', restoreUrlOf(wallet));
    if (status === 202 && respondAsync) res.set('Preference-Applied', 'respond-async');
    res.status(status).json(body);
  };

  const present: RequestHandler = async (req, res) => {
    res.json(presentPresent(await restores.present(walletNameOf(req))));
  };

  return { restore, present };
}
