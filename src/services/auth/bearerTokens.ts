import { ownerScopes } from '../../models/apiKey.ts';
import type { BearerTokenRepository } from '../../repositories/bearerTokens.ts';
import type { BearerTokenService } from './contracts.ts';
import { unauthenticated } from './refusals.ts';
import { isSecretOf, makeToken, readToken } from './tokenText.ts';

const lastsMs = 5 * 60_000;

const advice = 'Send a signed request (NIP-98) to POST /api/auth/token for a new one.';

/**
 * Tokens for clients that call often: a signed request is exchanged for one, which opens the signer's wallet for five
 * minutes. They are stored, so that one that leaks can be revoked without touching any other (ADR 21).
 */
export function createBearerTokenService(parts: {
  tokens: BearerTokenRepository;
  now: () => Date;
}): BearerTokenService {
  const { tokens, now } = parts;
  return {
    async issue(npub) {
      const { id, token, secretHash } = makeToken('crt');
      const expiresAt = new Date(now().getTime() + lastsMs);
      await tokens.insert({ id, secretHash, npub, expiresAt });
      return { token, scopes: ownerScopes, expiresAt };
    },

    async authenticate(token) {
      const parsed = readToken('crt', token);
      if (parsed === null) throw unauthenticated('this is not a token of the form crt_….', advice);
      const found = await tokens.find(parsed.id);
      const matches = isSecretOf(parsed.secret, found?.secretHash ?? null);
      // The database removes expired tokens when it comes to it: an expired one may be unknown already.
      if (found === null || !matches || found.expiresAt <= now())
        throw unauthenticated('this token has expired, was revoked or never existed.', advice);
      return { by: 'token', keyId: null, scopes: ownerScopes, npub: found.npub };
    },

    revoke: (id) => tokens.remove(id),
  };
}
