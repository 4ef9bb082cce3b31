import type { Clock } from '@gatehouse/resilience';
import { type ApiKey, type RoleHolds, rightsOf, secondsLeft } from '../../domain/api-key.ts';
import type { User } from '../../domain/user.ts';
import { userError } from '../../domain/user-errors.ts';
import type { AccessToken, AccessTokens, Secrets, Transaction, Work } from '../ports.ts';
import { isoOf } from '../sources.ts';

type Deps = Readonly<{
  transaction: Transaction;
  secrets: Secrets;
  accessTokens: AccessTokens;
  roleHolds: RoleHolds;
  clock: Clock;
}>;

/**
 * An API key for an access token of a minute, with the key's rights and never beyond its end.
 *
 * @throws invalid_token, whether the key is unknown, taken back or ended, or its account is closed: `unauthenticated` would say
 * that of the gateway which asks
 */
export const createExchangeApiKey = ({ transaction, secrets, accessTokens, roleHolds, clock }: Deps) => {
  const find = async (work: Work, hash: string): Promise<Found | undefined> => {
    const apiKey = await work.apiKeys.findByHash(hash);
    if (apiKey === undefined || secondsLeft(apiKey, clock.now()) <= 0) return undefined;
    const user = await work.users.find(apiKey.userId);
    if (!user?.isActive) return undefined;
    const seenAt = isoOf(clock);
    await work.apiKeys.markUsed(apiKey.id, seenAt);
    return { apiKey, user, seenAt };
  };

  return async (key: string): Promise<AccessToken> => {
    const found = await transaction((work) => find(work, secrets.hash(key)));
    if (found === undefined) throw userError('invalid_token');
    const { apiKey, user, seenAt } = found;
    const lifetimeSeconds = secondsLeft(apiKey, Date.parse(seenAt));
    const rights = { id: apiKey.id, ...rightsOf(apiKey, user, roleHolds), lifetimeSeconds };
    return accessTokens.issueForApiKey(user, rights, seenAt);
  };
};

type Found = Readonly<{ apiKey: ApiKey; user: User; seenAt: string }>;
