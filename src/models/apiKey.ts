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
};

/** Who is calling, once authenticated. */
export type Caller = { keyId: string; scopes: readonly Scope[]; npub: string | null };
