import {
  createRemoteKeys,
  createRevocationList,
  createTokenVerifier,
  type JwkSet,
  type Principal,
  type RevocationPage,
  type TokenVerifier,
} from '@gatehouse/auth';
import { isAppError } from '@gatehouse/errors';
import type { ServiceClient } from '@gatehouse/registry';
import { type Clock, wait } from '@gatehouse/resilience';
import { type ApiKeys, createApiKeys } from './auth/api-keys.ts';
import { gatewayError } from './gateway-error.ts';

/** How access tokens are checked: with the keys and revocations of the users service, read and kept in the background. */
export type Credentials = Readonly<{
  /** Until keys and revocations were read once, it refuses everybody with 503, never with 401. */
  verifier: TokenVerifier;
  apiKeys: ApiKeys;
  /** Whether somebody who was let in before is out by now. */
  isRevoked(principal: Principal): boolean;
  ready(): boolean;
  /** Resolves when both were read; tries until `stop`. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Something was revoked: reads soon instead of within 2 s. */
  hint(): void;
}>;

export type CredentialsDeps = Readonly<{
  client: ServiceClient;
  clock: Clock;
  onError: (error: unknown) => void;
}>;

const betweenStartsMs = 1000;

export const createCredentials = ({ client, clock, onError }: CredentialsDeps): Credentials => {
  const keys = createRemoteKeys({
    fetchKeys: async () => (await client.request<JwkSet>('users', { path: '/.well-known/jwks.json' })).data,
    clock,
    onError,
  });
  const revocations = createRevocationList({
    fetchSince: async (since) => {
      const path = '/internal/revocations';
      const answer = await client.request<{ data: RevocationPage }>('users', { path, query: { since } });
      return answer.data.data;
    },
    clock,
    onError,
  });
  const stopping = new AbortController();
  let read = false;
  const known = createTokenVerifier({
    keys,
    revocations,
    issuer: 'gatehouse',
    audience: 'gatehouse',
    clock,
  });
  const verifier: TokenVerifier = {
    verify: (token) => (read ? known.verify(token) : refuseUnread()),
    verifyHeader: (authorization) => (read ? known.verifyHeader(authorization) : refuseUnread()),
  };

  return {
    verifier,
    apiKeys: createApiKeys({ exchange: createExchange(client), verifier, clock }),
    isRevoked: revocations.isRevoked,
    ready: () => read,
    start: async () => {
      while (!read) {
        try {
          await Promise.all([keys.start(), revocations.start()]);
          read = true;
        } catch (error) {
          if (stopping.signal.aborted) return;
          onError(error);
          await wait(clock, betweenStartsMs, stopping.signal).catch(() => {});
          if (stopping.signal.aborted) return;
        }
      }
    },
    stop: async () => {
      stopping.abort();
      await Promise.all([keys.stop(), revocations.stop()]);
    },
    hint: () => revocations.hint(),
  };
};

const refuseUnread = (): never => {
  throw gatewayError('service_unavailable', { details: { retryAfterSeconds: 1 } });
};

/** What users says of a key that is no good; any other failure says nothing of the key. */
const refusalOfKey = 'invalid_token';

const createExchange =
  (client: ServiceClient) =>
  async (key: string): Promise<string | undefined> => {
    try {
      const path = '/internal/api-keys/exchange';
      const answer = await client.request<Exchanged>('users', { method: 'POST', path, body: { key } });
      return answer.data.data.accessToken;
    } catch (error) {
      if (isAppError(error) && error.code === refusalOfKey) return undefined;
      throw error;
    }
  };

type Exchanged = Readonly<{ data: Readonly<{ accessToken: string }> }>;
