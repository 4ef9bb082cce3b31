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
import { type RunningService, startService } from '@gatehouse/service-kit';
import { captureLogger, openTestDatabase } from '@gatehouse/testing';
import { ordersService } from './index.ts';

type Requested = Readonly<{
  as?: TestUser | undefined;
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
  /** Which instance answers, 0 by default. */
  instance?: number;
}>;

// biome-ignore lint/suspicious/noExplicitAny: a test looks at JSON as it came
export type Answer = Readonly<{ status: number; headers: Headers; data: any; meta: any; problem: any }>;
export type TestUser = Readonly<{ id: string; token: string }>;
export type OrdersForTests = Awaited<ReturnType<typeof startOrdersForTests>>;

/**
 * The whole service as it runs in the product, one or more instances on a database of its own, called over HTTP. In the
 * place of users stands a server that hands out the public key of the tokens made here.
 */
export const startOrdersForTests = async (name: string, instances = 1) => {
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
  await registry.register(
    {
      id: 'users-1',
      service: 'users',
      address: '127.0.0.1',
      port: (users.address() as AddressInfo).port,
      version: '0.1.0',
      tags: [],
    },
    { path: '/readyz' },
  );

  const messagings: Messaging[] = [];
  const running: RunningService[] = [];
  for (let count = 0; count < instances; count += 1) {
    const started = await startService(
      {
        ...ordersService,
        create: (deps) => {
          messagings.push(deps.messaging);
          return ordersService.create(deps);
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
        settings: { namedVersionWaitMs: 10_000, ownVersionWaitMs: 5_000, projectionPollMs: 20 },
      },
    );
    running.push(started);
  }
  const whenIdle = async (): Promise<void> => {
    for (const messaging of messagings) await messaging.whenIdle();
  };

  const request = async (method: string, path: string, requested: Requested = {}): Promise<Answer> => {
    const { as, body, headers, instance = 0 } = requested;
    const response = await fetch(`http://127.0.0.1:${running[instance]?.port}${path}`, {
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

  const signIn = async (role: Role = 'user', emailVerified = true): Promise<TestUser> => {
    const id = randomIds.next();
    const scope = [...permissionsOf(role)].join(' ');
    const claims = { sub: id, role, scope, email_verified: emailVerified, sid: randomIds.next() };
    return { id, token: await signer.sign(claims) };
  };
  const admin = await signIn('admin');

  return {
    request,
    signIn,
    whenIdle,
    admin,
    databaseUrl: database.url,

    /** A new product's id. */
    async addProduct(
      details: Readonly<{ stock?: number; amount?: number; currency?: string }> = {},
    ): Promise<string> {
      const { stock = 10, amount = 500, currency = 'EUR' } = details;
      const answer = await request('POST', '/api/products', {
        as: admin,
        body: { sku: randomIds.next(), name: 'Tea', price: { amount, currency }, stock },
      });
      return answer.data.id;
    },

    async stockOf(productId: string): Promise<number> {
      return (await request('GET', `/api/products/${productId}`)).data.stock;
    },

    /** A new draft's id, with so many of each product. */
    async addOrder(
      as: TestUser,
      ...items: readonly (readonly [productId: string, quantity: number])[]
    ): Promise<string> {
      const answer = await request('POST', '/api/orders', {
        as,
        body: { items: items.map(([productId, quantity]) => ({ productId, quantity })) },
      });
      return answer.data.id;
    },

    /** Once everything that was asked for is settled. */
    async getOrder(as: TestUser, id: string, instance = 0): Promise<Answer> {
      await whenIdle();
      return request('GET', `/api/orders/${id}`, { as, instance });
    },

    /** As another service would. */
    async announce<E extends EventDefinition>(
      definition: E,
      subject: string,
      data: EventData<E>,
    ): Promise<void> {
      const envelope = eventEnvelope.parse({
        specversion: '1.0',
        id: randomIds.next(),
        source: 'gatehouse/users',
        type: definition.type,
        subject,
        time: new Date(clock.now()).toISOString(),
        datacontenttype: 'application/json',
        data,
        correlationid: 'a-test',
        aggregateversion: 2,
      });
      const [result] = await transport.publish([envelope]);
      if (result?.status !== 'stored') throw new Error(`${definition.type} was not stored`);
      await whenIdle();
    },

    /** What was announced about something, oldest first. */
    async announced(
      subject: string,
    ): Promise<readonly Readonly<{ type: string; data: unknown; correlationId: string }>[]> {
      await whenIdle();
      const events = (await messagings[0]?.history.list({ limit: 1000 })) ?? [];
      return events
        .filter((event) => event.subject === subject)
        .map(({ type, data, correlationId }) => ({ type, data, correlationId }))
        .reverse();
    },

    async stop(): Promise<void> {
      for (const service of running) await service.stop();
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
