import { createServiceTokens } from '@gatehouse/auth';
import { type EventData, type EventDefinition, eventEnvelope, randomIds } from '@gatehouse/contracts';
import { createInProcessTransport, type Messaging } from '@gatehouse/messaging';
import { createInProcessRegistry } from '@gatehouse/registry';
import { systemClock as clock } from '@gatehouse/resilience';
import { startService } from '@gatehouse/service-kit';
import { captureLogger, openTestDatabase } from '@gatehouse/testing';
import { usersService } from './index.ts';

type Requested = Readonly<{ token?: string; body?: unknown; headers?: Readonly<Record<string, string>> }>;

// biome-ignore lint/suspicious/noExplicitAny: a test looks at JSON as it came
export type Answer = Readonly<{ status: number; headers: Headers; json: any; data: any }>;

export const administrator = { email: 'root@gatehouse.example', password: 'seven grey lamps' };
export const ann = {
  email: 'ann@example.com',
  password: 'four red lamps',
  firstName: 'Ann',
  lastName: 'Miller',
};

/** The whole service as it runs in the product, on a database of its own, called over HTTP. */
export const startUsersForTests = async (name: string) => {
  const database = await openTestDatabase(name);
  const registry = createInProcessRegistry({ clock });
  const transport = createInProcessTransport();
  const serviceTokens = createServiceTokens({ secret: 'only for tests, and long enough for it', clock });
  const logger = captureLogger();
  const messagings: Messaging[] = [];
  const start = () =>
    startService(
      {
        ...usersService,
        create: (deps) => {
          messagings.push(deps.messaging);
          return usersService.create(deps);
        },
      },
      {
        ...{ databaseUrl: database.url, registry, transport, serviceTokens, clock, logger, ids: randomIds },
        settings: { publicUrl: 'https://gate.example', administrator },
      },
    );
  const running = [await start()];

  const request = async (method: string, path: string, requested: Requested = {}): Promise<Answer> => {
    const { token, body, headers } = requested;
    const response = await fetch(`http://127.0.0.1:${running.at(-1)?.port}${path}`, {
      method,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const json = text === '' ? undefined : JSON.parse(text);
    return { status: response.status, headers: response.headers, json, data: json?.data };
  };

  const whenIdle = async () => {
    for (const messaging of messagings) await messaging.whenIdle();
  };
  const internal = async (method: string, path: string) =>
    request(method, path, { token: await serviceTokens.issue('gateway') });
  const signIn = async ({ email, password }: Readonly<{ email: string; password: string }>) =>
    (await request('POST', '/api/auth/login', { body: { email, password } })).data;
  const mailsTo = async (email: string) => {
    await whenIdle();
    return (await internal('GET', `/internal/mailbox?to=${encodeURIComponent(email)}`)).data;
  };

  return {
    request,
    internal,
    signIn,
    mailsTo,
    logger,
    /** Another instance on the same database; requests go to it from then on. */
    startAnother: async () => void running.push(await start()),

    mailedToken: async (email: string): Promise<string> =>
      /token=([\w-]+)/.exec((await mailsTo(email))[0]?.links[0])?.[1] ?? '',

    register: (person: Readonly<Partial<typeof ann>> = {}) =>
      request('POST', '/api/users', { body: { ...ann, ...person } }),

    announce: async <E extends EventDefinition>(definition: E, data: EventData<E>) => {
      const envelope = eventEnvelope.parse({
        ...{ specversion: '1.0', id: randomIds.next(), source: 'gatehouse/test', type: definition.type },
        ...{ subject: randomIds.next(), time: new Date(clock.now()).toISOString(), data },
        ...{ datacontenttype: 'application/json', correlationid: 'a-test', aggregateversion: 1 },
      });
      await transport.publish([envelope]);
      await whenIdle();
    },

    /** What the service announced, oldest first. */
    announced: async (): Promise<readonly Readonly<{ type: string; subject: string; data: unknown }>[]> =>
      [...(await internal('GET', '/internal/events?limit=1000')).data].reverse(),

    stop: async () => {
      for (const service of running) await service.stop();
      await transport.close();
      await registry.close();
      await database.drop();
    },
  };
};

export type UsersForTests = Awaited<ReturnType<typeof startUsersForTests>>;
