import type { RequestHandler } from 'express';
import { contextOf, walletNameOf } from '../middleware/requestContext.ts';
import { bodies, readBody } from '../middleware/validate.ts';
import type { ReconcileService } from '../services/contracts.ts';
import { presentComparison, presentReconciliation } from './presentReconcile.ts';

/** Handlers that compare a wallet's books with its mint. */
export function reconcileController(reconciling: ReconcileService) {
  const compare: RequestHandler = async (req, res) => {
    readBody(bodies.nothing, req);
    res.json(presentComparison(await reconciling.compare(walletNameOf(req))));
  };

  const reconcile: RequestHandler = async (req, res) => {
    const { dryRun = false } = readBody(bodies.reconcile, req);
    const { requestId } = contextOf(req);
    res.json(
      presentReconciliation(await reconciling.reconcile({ wallet: walletNameOf(req), dryRun, requestId })),
    );
  };

  return { compare, reconcile };
}
