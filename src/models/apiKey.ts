/** What a key may do. `admin` may do everything, for every wallet. */
export const scopes = [
  'wallet:read',
  'wallet:write',
  'wallet:melt',
  'support:read',
  'support:write',
  'admin',
] as const;
export type Scope = (typeof scopes)[number];

/** A key as stored: the secret itself is never kept, only its SHA-256. */
export type ApiKey = {
  id: string;
  secretHash: string;
  label: string;
  scopes: Scope[];
  /** Where set, the key is good for this npub alone. */
  npub: string | null;
  expiresAt: Date | null;
  revokedAt: Date | null;
  createdAt: Date;
  /** The most in sat that payments made with it may take in a UTC day; null = no limit. */
  budgetSatPerDay: bigint | null;
  /** The UTC day (YYYY-MM-DD) on which it was last used; null = never. */
  lastUsedOn: string | null;
};

/** What the owner of a Nostr key may do, once its signature has shown it: everything with the own wallet, nothing else. */
export const ownerScopes: readonly Scope[] = ['wallet:read', 'wallet:write', 'wallet:melt'];

/** Who is calling, once authenticated, and by what. */
export type Caller =
  | {
      by: 'key';
      keyId: string;
      /** What its operator calls it. */
      label: string;
      scopes: readonly Scope[];
      npub: string | null;
      budgetSatPerDay: bigint | null;
    }
  /** A signed request (NIP-98); what it says of the body can be compared only once that is read. */
  | {
      by: 'signature';
      keyId: null;
      scopes: readonly Scope[];
      npub: string;
      eventId: string;
      payloadSha256: string | null;
    }
  /** A token that was given for a signed request. */
  | { by: 'token'; keyId: null; scopes: readonly Scope[]; npub: string };

/** A token that stands for a signed request for a few minutes; like a key's, its secret is kept as a hash alone. */
export type BearerToken = { id: string; secretHash: string; npub: string; expiresAt: Date };

/** The UTC day of a moment, YYYY-MM-DD. */
export const dayOf = (at: Date): string => at.toISOString().slice(0, 10);
