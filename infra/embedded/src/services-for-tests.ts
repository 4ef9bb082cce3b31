import { createServiceTokens } from '@gatehouse/auth';
import { randomIds } from '@gatehouse/contracts';
import { openDatabase } from '@gatehouse/database';
import { createInProcessTransport } from '@gatehouse/messaging';
import { createInProcessRegistry } from '@gatehouse/registry';
import { systemClock as clock } from '@gatehouse/resilience';
import { type RunningService, type ServiceDefinition, startService } from '@gatehouse/service-kit';
import { captureLogger, openTestDatabase, type TestDatabase } from '@gatehouse/testing';
import { sql } from 'kysely';

export type ServiceForTests = Awaited<ReturnType<ServicesForTests['start']>>;
export type ServicesForTests = ReturnType<typeof openServicesForTests>;

/** Services that start when the test says, each on a database of its own; what nobody listens to is forgotten, as by a broker. */
export const openServicesForTests = () => {
  const registry = createInProcessRegistry({ clock });
  const serviceTokens = createServiceTokens({ secret: 'a secret of at least 32 bytes, for tests', clock });
  const parts = { registry, serviceTokens, clock, ids: randomIds, logger: captureLogger() };
  const servers = new Map<string, TestDatabase>();
  const running = new Set<RunningService>();
  let transport = createInProcessTransport();

  const urlOf = async (service: string): Promise<string> => {
    const server = servers.get(service) ?? (await openTestDatabase(`separate_${service}`));
    servers.set(service, server);
    return server.url;
  };

  return {
    async start<S, C>(definition: ServiceDefinition<S, C>, settings?: unknown) {
      const databaseUrl = await urlOf(definition.name);
      const service = await startService(definition, { ...parts, transport, databaseUrl, settings });
      running.add(service);
      return {
        /** `data` of the answer; rejects when it is none of success. */
        // biome-ignore lint/suspicious/noExplicitAny: a test looks at JSON as it came
        async call(method: string, path: string, token?: string, body?: object): Promise<any> {
          const response = await fetch(`http://${service.address}:${service.port}${path}`, {
            method,
            headers: {
              'content-type': 'application/json',
              authorization: `Bearer ${token ?? (await serviceTokens.issue('gateway'))}`,
            },
            ...(body === undefined ? {} : { body: JSON.stringify(body) }),
          });
          const answer = (await response.json()) as { data?: unknown };
          if (!response.ok) throw new TypeError(`${method} ${path}: ${JSON.stringify(answer)}`);
          return answer.data;
        },
        async stop(): Promise<void> {
          running.delete(service);
          await service.stop();
        },
      };
    },

    /** Looks into the database of a service, also of one that is stopped. */
    async rowsOf<T>(service: string, query: string): Promise<readonly T[]> {
      const { db, close } = openDatabase({ url: await urlOf(service), applicationName: 'test' });
      try {
        return (await sql.raw<T>(query).execute(db)).rows;
      } finally {
        await close();
      }
    },

    /** Queues are gone with all that they had. Stop the services first. */
    async loseQueues(): Promise<void> {
      await transport.close();
      transport = createInProcessTransport();
    },

    async close(): Promise<void> {
      for (const service of [...running].reverse()) await service.stop();
      await transport.close();
      await registry.close();
      for (const server of servers.values()) await server.drop();
    },
  };
};
