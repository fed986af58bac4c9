import type { RequestHandler } from 'express';
import { signerOf } from '../middleware/authenticate.ts';
import { bodies, readBody } from '../middleware/validate.ts';
import type { BearerTokenService } from '../services/auth/contracts.ts';

/** Handlers for callers who sign their requests. */
export function authController(bearerTokens: Pick<BearerTokenService, 'issue'>) {
  const token: RequestHandler = async (req, res) => {
    if (req.body !== undefined) readBody(bodies.nothing, req);
    const npub = signerOf(req);
    const { token: told, scopes, expiresAt } = await bearerTokens.issue(npub);
    res.json({ success: true, token: told, npub, scopes, expiresAt: expiresAt.toISOString() });
  };

  return { token };
}
