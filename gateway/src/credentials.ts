import {
  createRemoteKeys,
  createRevocationList,
  createTokenVerifier,
  type JwkSet,
  type RevocationPage,
  type TokenVerifier,
} from '@gatehouse/auth';
import type { ServiceClient } from '@gatehouse/registry';
import { type Clock, wait } from '@gatehouse/resilience';
import { gatewayError } from './gateway-error.ts';

/** How access tokens are checked: with the keys and revocations of the users service, read and kept in the background. */
export type Credentials = Readonly<{
  /** Until keys and revocations were read once, it refuses everybody with 503, never with 401. */
  verifier: TokenVerifier;
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
  const verifier = createTokenVerifier({
    keys,
    revocations,
    issuer: 'gatehouse',
    audience: 'gatehouse',
    clock,
  });
  const stopping = new AbortController();
  let read = false;

  return {
    verifier: {
      verify: (token) => (read ? verifier.verify(token) : refuseUnread()),
      verifyHeader: (authorization) => (read ? verifier.verifyHeader(authorization) : refuseUnread()),
    },
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
