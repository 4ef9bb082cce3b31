import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  createServiceTokens,
  createTokenSigner,
  generateSigningKey,
  permissionsOf,
  type Role,
} from '@gatehouse/auth';
import { type EventData, type EventDefinition, eventEnvelope, randomIds } from '@gatehouse/contracts';
import { createInProcessTransport, type Messaging } from '@gatehouse/messaging';
import { createInProcessRegistry } from '@gatehouse/registry';
import { systemClock } from '@gatehouse/resilience';
import { startService } from '@gatehouse/service-kit';
import { captureLogger, openTestDatabase } from '@gatehouse/testing';
import { postsService } from './index.ts';

type Requested = Readonly<{ as?: TestUser; body?: unknown; headers?: Readonly<Record<string, string>> }>;

// biome-ignore lint/suspicious/noExplicitAny: a test looks at JSON as it came
type Answer = Readonly<{ status: number; headers: Headers; data: any; meta: any; problem: any }>;

export type TestUser = Readonly<{ id: string; token: string }>;
export type PostsForTests = Awaited<ReturnType<typeof startPostsForTests>>;

/**
 * The whole service as it runs in the product, on a database of its own, called over HTTP. In the place of users stands a
 * server that hands out the public key of the tokens made here; what users announces is published with `announce`.
 */
export const startPostsForTests = async (name: string) => {
  const clock = systemClock;
  const database = await openTestDatabase(name);
  const registry = createInProcessRegistry({ clock });
  const transport = createInProcessTransport();
  const serviceTokens = createServiceTokens({ secret: 'only for tests, and long enough for it', clock });
  const key = await generateSigningKey();
  const signer = createTokenSigner({
    issuer: 'gatehouse',
    audience: 'gatehouse',
    clock,
    currentKey: async () => key,
  });

  const users = await serve({
    '/readyz': {},
    '/.well-known/jwks.json': { keys: [key.publicJwk] },
    '/internal/revocations': { data: { revocations: [], cursor: '0' } },
  });
  const usersPort = (users.address() as AddressInfo).port;
  await registry.register(
    { id: 'users-1', service: 'users', address: '127.0.0.1', port: usersPort, version: '0.1.0', tags: [] },
    { path: '/readyz' },
  );

  const messagings: Messaging[] = [];
  const running = await startService(
    {
      ...postsService,
      create: (deps) => {
        messagings.push(deps.messaging);
        return postsService.create(deps);
      },
    },
    {
      databaseUrl: database.url,
      registry,
      transport,
      serviceTokens,
      clock,
      ids: randomIds,
      logger: captureLogger(),
    },
  );
  const whenIdle = async () => {
    for (const messaging of messagings) await messaging.whenIdle();
  };

  const request = async (method: string, path: string, requested: Requested = {}): Promise<Answer> => {
    const { as, body, headers } = requested;
    const response = await fetch(`http://127.0.0.1:${running.port}${path}`, {
      method,
      headers: {
        ...(as && { authorization: `Bearer ${as.token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const json = text === '' ? {} : JSON.parse(text);
    return {
      status: response.status,
      headers: response.headers,
      data: json.data,
      meta: json.meta,
      problem: json,
    };
  };

  const announce = async <E extends EventDefinition>(
    definition: E,
    event: Readonly<{ subject: string; version: number; data: EventData<E> }>,
  ) => {
    const envelope = eventEnvelope.parse({
      specversion: '1.0',
      id: randomIds.next(),
      source: 'gatehouse/users',
      type: definition.type,
      subject: event.subject,
      time: new Date(clock.now()).toISOString(),
      datacontenttype: 'application/json',
      data: event.data,
      correlationid: 'a-test',
      aggregateversion: event.version,
    });
    const [result] = await transport.publish([envelope]);
    if (result?.status !== 'stored') throw new Error(`${definition.type} was not stored`);
    await whenIdle();
  };

  return {
    request,
    announce,
    whenIdle,

    /** Signed in, with a verified address unless told otherwise. */
    async signIn(role: Role = 'user', emailVerified = true): Promise<TestUser> {
      const id = randomIds.next();
      const scope = [...permissionsOf(role)].join(' ');
      const claims = { sub: id, role, scope, email_verified: emailVerified, sid: randomIds.next() };
      return { id, token: await signer.sign(claims) };
    },

    /** As the gateway does for an administrator. */
    async plugin(action: 'activate' | 'deactivate'): Promise<Answer> {
      const authorization = `Bearer ${await serviceTokens.issue('gateway')}`;
      return request('POST', `/internal/plugins/comments/${action}`, { headers: { authorization } });
    },

    /** Types of the events that this service announced about something, oldest first. */
    async announced(subject: string): Promise<readonly string[]> {
      await whenIdle();
      const [messaging] = messagings;
      const events = (await messaging?.history.list({ limit: 1000 })) ?? [];
      return events
        .filter((event) => event.subject === subject)
        .map(({ type }) => type)
        .reverse();
    },

    async stop(): Promise<void> {
      await running.stop();
      await transport.close();
      await registry.close();
      users.close();
      await database.drop();
    },
  };
};

const serve = async (answers: Readonly<Record<string, unknown>>): Promise<Server> => {
  const server = createServer((request, response) => {
    const answer = answers[(request.url ?? '').split('?')[0] ?? ''];
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer ?? {}));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return server;
};
