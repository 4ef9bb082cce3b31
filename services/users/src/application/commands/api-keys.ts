import type { Clock } from '@gatehouse/resilience';
import {
  type ApiKey,
  apiKeyLimit,
  apiKeyPrefix,
  parseWantedApiKey,
  type RoleHolds,
  type WantedApiKey,
} from '../../domain/api-key.ts';
import { createApiKey, revokeApiKey } from '../../domain/user.ts';
import { userError } from '../../domain/user-errors.ts';
import { getLocked } from '../get-locked.ts';
import type { Secrets, Transaction, Work } from '../ports.ts';
import { revokeTokensOfApiKey } from '../revoke.ts';
import { type Ids, isoOf } from '../sources.ts';

type Deps = Readonly<{
  transaction: Transaction;
  secrets: Secrets;
  roleHolds: RoleHolds;
  clock: Clock;
  ids: Ids;
}>;

export type CreatedApiKey = Readonly<{ apiKey: ApiKey; key: string }>;

/** The keys that an account has given to its programs. */
export const createApiKeys = ({ transaction, secrets, roleHolds, clock, ids }: Deps) => {
  const getOwn = async (work: Work, userId: string, id: string): Promise<ApiKey> => {
    const found = (await work.apiKeys.list(userId)).find((apiKey) => apiKey.id === id);
    if (found === undefined) throw userError('not_found');
    return found;
  };

  return {
    /** The key is in the answer and nowhere else: what is kept is its hash. @throws api_key_limit */
    create: (userId: string, wanted: WantedApiKey): Promise<CreatedApiKey> => {
      const secret = secrets.create();
      const key = apiKeyPrefix + secret.value;
      return transaction(async (work) => {
        const user = await getLocked(work, userId);
        const parsed = parseWantedApiKey(wanted, { role: user.role, roleHolds, nowMs: clock.now() });
        if ((await work.apiKeys.list(userId)).length >= apiKeyLimit) throw userError('api_key_limit');
        const at = isoOf(clock);
        const { expiresAt, ...facts } = parsed;
        const apiKey = { ...facts, id: ids.next(), userId, createdAt: at };
        const kept = expiresAt === undefined ? apiKey : { ...apiKey, expiresAt };
        await work.apiKeys.add(kept, secrets.hash(key));
        await work.users.save(createApiKey(user, kept, at));
        return { apiKey: kept, key };
      });
    },

    /** Those that were not taken back, the newest first; ended ones too, so that their owner sees why they fail. */
    list: (userId: string): Promise<readonly ApiKey[]> => transaction((work) => work.apiKeys.list(userId)),

    get: (userId: string, id: string): Promise<ApiKey> => transaction((work) => getOwn(work, userId, id)),

    /** One's own; another's is like none. Its tokens are out everywhere within seconds. */
    revoke: (userId: string, id: string): Promise<void> =>
      transaction(async (work) => {
        const user = await getLocked(work, userId);
        const apiKey = await getOwn(work, userId, id);
        await work.apiKeys.remove(id);
        await revokeTokensOfApiKey(work, apiKey, clock);
        await work.users.save(revokeApiKey(user, id, isoOf(clock)));
      }),
  };
};
