import type { AnswerOf, Problem } from './contract.ts';
import { behindMs, createdAtMs, type NostrSigner, signRequest } from './nip98.ts';
import type { Authorize } from './send.ts';

/**
 * Who calls. An API key; or the owner of a wallet, who signs (NIP-98) either each attempt of each request (`use: 'signatures'`),
 * or one request every few minutes in exchange for a token (`use: 'tokens'`, the default: extensions ask people each time).
 */
export type Auth =
  | { apiKey: string }
  | {
      signer: NostrSigner;
      use?: 'signatures' | 'tokens';
      /** By which the server knows itself, where that is not the origin of `baseUrl`: `https://crucible.example`. */
      publicOrigin?: string;
    };

export type Credentials = {
  authorize: Authorize;
  /** Takes note of a 401. @param refused the header that was sent. @returns whether another attempt would be made with another */
  renew(problem: Problem, refused: string): boolean;
};

/** The server's tokens live for five minutes; by which clock does not matter, where only the time since then counts. */
const tokenUseMs = 4 * 60_000;

/**
 * `signing`: for what takes a signature and no token.
 * @param askToken exchanges a signed request for a token, with these credentials
 * @throws TypeError where `publicOrigin` is no URL
 */
export function createCredentials(
  auth: Auth | undefined,
  parts: {
    origin: string;
    now: () => number;
    askToken: (signing: Credentials) => Promise<AnswerOf<'createToken', 200>>;
  },
): { usual: Credentials; signing: Credentials } {
  if (auth === undefined || 'apiKey' in auth) {
    const header = auth === undefined ? null : `Bearer ${auth.apiKey}`;
    const unchanging = { authorize: async () => header, renew: () => false };
    return { usual: unchanging, signing: unchanging };
  }
  const { signer, use = 'tokens', publicOrigin = parts.origin } = auth;
  const signing = signatures(signer, new URL(publicOrigin).origin, parts.now);
  return { usual: use === 'signatures' ? signing : tokens(() => parts.askToken(signing)), signing };
}

function signatures(signer: NostrSigner, origin: string, now: () => number): Credentials {
  /** How far the server's clock is ahead of ours. */
  let serverAheadMs = 0;
  return {
    authorize: ({ method, path, bytes }) =>
      signRequest(signer, { method, url: origin + path, bytes }, now() + serverAheadMs),
    renew({ detail }, refused) {
      const ms = behindMs(detail);
      if (ms !== null) serverAheadMs = createdAtMs(refused) + ms - now();
      return ms !== null;
    },
  };
}

/** Calls that need a token at the same time share one. */
function tokens(ask: () => Promise<AnswerOf<'createToken', 200>>): Credentials {
  let current: { header: Promise<string>; since: number } | null = null;
  let latest: string | null = null;
  return {
    authorize() {
      const since = performance.now();
      if (current !== null && since - current.since < tokenUseMs) return current.header;
      const asked = ask().then(({ token }) => {
        latest = `Bearer ${token}`;
        return latest;
      });
      const mine = { header: asked, since };
      current = mine;
      asked.catch(() => {
        if (current === mine) current = null;
      });
      return asked;
    },
    renew(_problem, refused) {
      // Another call may have been refused the same one, and have asked for the next already.
      if (refused === latest) [current, latest] = [null, null];
      return true;
    },
  };
}
