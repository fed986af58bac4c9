import { type ApiKey, dayOf } from '../models/apiKey.ts';
import { invariant } from '../models/errors.ts';
import type { ApiKeyRepository } from '../repositories/apiKeys.ts';
import type { KeySpendingRepository } from '../repositories/keySpending.ts';
import type { ApiKeyService } from './auth/contracts.ts';
import { unauthenticated } from './auth/refusals.ts';
import { isSecretOf, makeToken, readToken } from './auth/tokenText.ts';

type Parts = {
  keys: ApiKeyRepository;
  spending: Pick<KeySpendingRepository, 'spentOn'>;
  now: () => Date;
};

/** API keys: `crk_<key id>_<secret>`. Each use looks them up, so that a key revoked anywhere is revoked everywhere. */
export function createApiKeyService({ keys, spending, now }: Parts): ApiKeyService {
  return {
    async issue({ label, scopes, npub, expiresAt, budgetSatPerDay = null }) {
      invariant(scopes.length > 0, 'an API key needs a scope');
      invariant(!(scopes.includes('admin') && npub !== null), 'an admin key cannot be bound to one npub');
      invariant(budgetSatPerDay === null || budgetSatPerDay > 0n, 'a budget of nothing pays for nothing');
      const { id, token, secretHash } = makeToken('crk');
      const key: ApiKey = {
        id,
        secretHash,
        label,
        scopes,
        npub,
        expiresAt,
        revokedAt: null,
        createdAt: now(),
        budgetSatPerDay,
        lastUsedOn: null,
      };
      await keys.insert(key);
      return { key, token };
    },

    async authenticate(token) {
      const parsed = readToken('crk', token);
      if (parsed === null) throw refused('this is not an API key of the form crk_….');
      const key = await keys.find(parsed.id);
      const matches = isSecretOf(parsed.secret, key?.secretHash ?? null);
      if (key === null || !matches) throw refused('this API key is not known here.');
      if (key.revokedAt !== null) throw refused('this API key was revoked.');
      if (isExpired(key, now())) throw refused('this API key has expired.');
      // Once a day, and nobody waits for it: it is only told to operators.
      if (key.lastUsedOn !== dayOf(now())) keys.noteUse(key.id, now()).catch(() => undefined);
      const { id: keyId, label, scopes, npub, budgetSatPerDay } = key;
      return { by: 'key', keyId, label, scopes, npub, budgetSatPerDay };
    },

    async list() {
      const at = now();
      const [all, spent] = await Promise.all([keys.all(), spending.spentOn(dayOf(at))]);
      return all.map(({ secretHash: _hash, ...key }) => ({
        ...key,
        state: key.revokedAt !== null ? 'revoked' : isExpired(key, at) ? 'expired' : 'active',
        spentTodaySat: key.budgetSatPerDay === null ? null : (spent.get(key.id) ?? 0n),
      }));
    },

    async revoke(id) {
      if (await keys.revoke(id, now())) return 'revoked';
      return (await keys.find(id)) === null ? 'unknown' : 'already_revoked';
    },
  };
}

const isExpired = ({ expiresAt }: Pick<ApiKey, 'expiresAt'>, at: Date): boolean =>
  expiresAt !== null && expiresAt <= at;

const refused = (reason: string) => unauthenticated(reason, 'Ask the operator for a key.');
