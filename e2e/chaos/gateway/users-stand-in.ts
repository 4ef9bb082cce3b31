import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createTokenSigner, generateSigningKey, permissionsOf } from '@gatehouse/auth';
import { randomIds } from '@gatehouse/contracts';
import { systemClock } from '@gatehouse/resilience';

/** The part of the users service that a gateway needs to be ready: public keys, and no revocations. */
export const startUsersStandIn = async (users: number) => {
  const key = await generateSigningKey();
  const signer = createTokenSigner({
    ...{ issuer: 'gatehouse', audience: 'gatehouse', clock: systemClock },
    currentKey: async () => key,
  });
  const scope = [...permissionsOf('user')].join(' ');
  const tokens = await Promise.all(
    Array.from({ length: users }, () =>
      signer.sign(
        { sub: randomIds.next(), role: 'user', scope, email_verified: true, sid: randomIds.next() },
        86_400,
      ),
    ),
  );
  const answers: Readonly<Record<string, object>> = {
    '/.well-known/jwks.json': { keys: [key.publicJwk] },
    '/internal/revocations': { data: { revocations: [], cursor: '0' } },
  };
  const server = createServer((request, response) => {
    const answer = answers[request.url?.split('?', 1)[0] ?? ''];
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer ?? {}));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    tokens,
    close: async (): Promise<void> => {
      server.closeAllConnections();
      server.close();
    },
  };
};
