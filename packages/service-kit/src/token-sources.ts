import { createRemoteKeys, createRevocationList, type JwkSet, type RevocationPage } from '@gatehouse/auth';
import type { ServiceClient } from '@gatehouse/registry';
import type { Clock } from '@gatehouse/resilience';
import type { Logger } from 'pino';
import type { ServiceApp } from './service.ts';

export type TokenSources = NonNullable<ServiceApp['tokens']>;

/** Keys and revocations as every service but users itself gets them: from users, kept at hand when it is away. */
export const createRemoteTokenSources = (
  o: Readonly<{ client: ServiceClient; clock: Clock; logger: Logger }>,
): TokenSources => {
  const { client, clock, logger } = o;
  return {
    keys: createRemoteKeys({
      clock,
      fetchKeys: async () => (await client.request<JwkSet>('users', { path: '/.well-known/jwks.json' })).data,
      onError: (err) => logger.warn({ err }, 'the signing keys could not be read'),
    }),
    revocations: createRevocationList({
      clock,
      fetchSince: async (since) => {
        const query = since === undefined ? {} : { since };
        const answer = await client.request<{ data: RevocationPage }>('users', {
          path: '/internal/revocations',
          query,
        });
        return answer.data.data;
      },
      onError: (err) => logger.warn({ err }, 'the revocations could not be read'),
    }),
  };
};
