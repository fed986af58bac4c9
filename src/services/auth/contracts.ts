import type { ApiKey, Caller, Scope } from '../../models/apiKey.ts';
import type { NostrEvent } from '../../models/nostrEvent.ts';

/** A key as operators see it: neither its token nor the hash of it. */
export type ApiKeyView = Omit<ApiKey, 'secretHash'> & {
  state: 'active' | 'expired' | 'revoked';
  /** Of its budget, in the present UTC day; null for a key without one. */
  spentTodaySat: bigint | null;
};

export type ApiKeyService = {
  /** `token` is told once and never stored. */
  issue(draft: {
    label: string;
    scopes: Scope[];
    npub: string | null;
    expiresAt: Date | null;
    budgetSatPerDay?: bigint | null;
  }): Promise<{ key: ApiKey; token: string }>;
  /** @throws DomainError UNAUTHENTICATED */
  authenticate(token: string): Promise<Extract<Caller, { by: 'key' }>>;
  /** Every key there ever was, oldest first. */
  list(): Promise<ApiKeyView[]>;
  /** From the next request on the key opens nothing, on any instance. */
  revoke(id: string): Promise<'revoked' | 'already_revoked' | 'unknown'>;
};

type SignedCaller = Extract<Caller, { by: 'signature' }>;

export type SignedRequestService = {
  /**
   * Whether an event (NIP-98) is signed, of now, not used yet, and for this request, its body apart. Writes nothing.
   * @param request `url` is the public origin with path and query as they were sent
   * @throws DomainError UNAUTHENTICATED
   */
  verify(event: NostrEvent, request: { method: string; url: string }): Promise<SignedCaller>;
  /**
   * Compares the body, and uses the event up.
   * @param bodySha256 of the bytes as they came, in hex; null = there was no body
   * @throws DomainError UNAUTHENTICATED, also for an event that was used before; DATABASE_UNAVAILABLE
   */
  complete(caller: SignedCaller, bodySha256: string | null): Promise<void>;
};

export type BearerTokenService = {
  /** A token that opens this owner's wallet for five minutes. It is told once and never stored. */
  issue(npub: string): Promise<{ token: string; scopes: readonly Scope[]; expiresAt: Date }>;
  /** @throws DomainError UNAUTHENTICATED */
  authenticate(token: string): Promise<Extract<Caller, { by: 'token' }>>;
  /** @returns whether there was such a token */
  revoke(id: string): Promise<boolean>;
};
