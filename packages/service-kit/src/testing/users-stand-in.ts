import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from '@gatehouse/registry';

/** Stands in the place of users: a server that hands out `publicJwk`, and neither revocations nor accounts. Gives its end. */
export const startUsersStandIn = async (
  registry: Registry,
  publicJwk: Readonly<Record<string, unknown>>,
): Promise<() => void> => {
  const answers: Readonly<Record<string, unknown>> = {
    '/readyz': {},
    '/.well-known/jwks.json': { keys: [publicJwk] },
    '/internal/revocations': { data: { revocations: [], cursor: '0' } },
    '/internal/users/export': { data: [], meta: { nextCursor: null } },
  };
  const server = createServer((request, response) => {
    const answer = answers[(request.url ?? '').split('?')[0] ?? ''];
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer ?? {}));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  await registry.register(
    { id: 'users-1', service: 'users', address: '127.0.0.1', port, version: '0.1.0', tags: [] },
    { path: '/readyz' },
  );
  return () => void server.close();
};
