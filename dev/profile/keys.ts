import type { Scope } from '../../src/models/apiKey.ts';
import { DomainError } from '../../src/models/errors.ts';
import { demoKeyLabels } from '../../src/models/profile.ts';
import type { ApiKeyService } from '../../src/services/auth/contracts.ts';
import { type DemoIdentity, type DevSecrets, keepSecrets, newCustomer } from './secrets.ts';

/** Who the demo is, and the keys that it prints and leaves for scripts. */
export type DemoKeys = { npub: string; apiKey: string; supportKey: string; adminKey: string };

const walletScopes: Scope[] = ['wallet:read', 'wallet:write', 'wallet:melt'];

/**
 * The keys of the last start where this database knows them, else new ones. There is no HTTP route that issues keys,
 * so this is the one thing that the profile does from inside.
 */
export async function openKeys(
  apiKeys: ApiKeyService,
  place: { path: string; secrets: DevSecrets; mintUrl: string },
): Promise<DemoKeys> {
  const { path, secrets, mintUrl } = place;
  const customer: DemoIdentity = secrets.customers[mintUrl] ?? newCustomer();
  const { npub, nsec } = customer;
  const key = (kept: string | null, label: string, scopes: Scope[], boundTo: string | null) =>
    keptOrIssued(apiKeys, kept, { label, scopes, npub: boundTo, expiresAt: null });

  const { wallet, support, admin } = demoKeyLabels;
  const apiKey = await key(customer.apiKey, wallet, walletScopes, npub);
  const supportKey = await key(secrets.supportKey, support, ['support:read', 'support:write'], null);
  const adminKey = await key(secrets.adminKey, admin, ['admin'], null);

  const customers = { ...secrets.customers, [mintUrl]: { npub, nsec, apiKey } };
  await keepSecrets(path, { ...secrets, supportKey, adminKey, customers });
  return { npub, apiKey, supportKey, adminKey };
}

async function keptOrIssued(
  apiKeys: ApiKeyService,
  kept: string | null,
  draft: Parameters<ApiKeyService['issue']>[0],
): Promise<string> {
  if (kept !== null && (await isKnown(apiKeys, kept))) return kept;
  return (await apiKeys.issue(draft)).token;
}

async function isKnown(apiKeys: ApiKeyService, token: string): Promise<boolean> {
  try {
    await apiKeys.authenticate(token);
    return true;
  } catch (error) {
    if (error instanceof DomainError && error.code === 'UNAUTHENTICATED') return false;
    throw error;
  }
}
