import { type EventData, type EventDefinition, eventEnvelope } from '@gatehouse/contracts';
import type { EventRecord, Messaging } from '@gatehouse/messaging';
import type { RunningService, ServiceDefinition } from '../service.ts';
import { startService } from '../start-service.ts';
import { type Answer, type Asked, callHttp } from './call-http.ts';
import { openPartsForTests } from './open-parts.ts';
import { createTestUsers } from './test-users.ts';
import { startUsersStandIn } from './users-stand-in.ts';

type StartOptions = Readonly<{
  /** For people who look at the database server. */
  databaseName: string;
  /** How many run on that database, 1 by default. */
  instances?: number;
  settings?: unknown;
  /** False for users itself, which has keys of its own: then nobody stands in its place, and `signIn` is of no use. */
  usersStandIn?: boolean;
}>;

/**
 * A whole service as it runs in the product, on a database of its own, called over HTTP. In the place of users stands a
 * server that hands out the public key of the tokens made here; what other services announce is published with `announce`.
 *
 * @example
 * const posts = await startServiceForTests(postsService, { databaseName: 'posts' });
 * const answer = await posts.request('POST', '/api/posts', { as: await posts.signIn(), body });
 * await posts.stop();
 */
export const startServiceForTests = async <S, C>(
  definition: ServiceDefinition<S, C>,
  { databaseName, instances = 1, settings, usersStandIn = true }: StartOptions,
) => {
  const { parts, serviceToken, close } = await openPartsForTests(databaseName);
  const { clock, ids, registry, transport, logger } = parts;
  const { publicJwk, signIn } = await createTestUsers({ clock });
  const closeUsers = usersStandIn ? await startUsersStandIn(registry, publicJwk) : () => {};

  const messagings: Messaging[] = [];
  const running: RunningService[] = [];
  const observed: ServiceDefinition<S, C> = {
    ...definition,
    create: (deps) => {
      messagings.push(deps.messaging);
      return definition.create(deps);
    },
  };
  const startAnother = async (): Promise<void> => {
    running.push(await startService(observed, { ...parts, settings }));
  };
  for (let count = 0; count < instances; count += 1) await startAnother();

  const whenIdle = async (): Promise<void> => {
    for (const messaging of messagings) await messaging.whenIdle();
  };

  return {
    signIn,
    serviceToken,
    logger,
    /** Another instance, on the same database. */
    startAnother,
    /** Once nothing that was announced waits to be sent or heard. */
    whenIdle,

    /** `instance` says which one answers, the first by default. */
    async request(
      method: string,
      path: string,
      { instance = 0, ...asked }: Asked & Readonly<{ instance?: number }> = {},
    ): Promise<Answer> {
      return callHttp(method, `http://127.0.0.1:${running[instance]?.port}${path}`, asked);
    },

    /** As another service would; resolves once it is heard. `version` counts what was announced about `subject`. */
    async announce<E extends EventDefinition>(
      event: E,
      { subject, version, data }: Readonly<{ subject: string; version: number; data: EventData<E> }>,
    ): Promise<void> {
      const envelope = eventEnvelope.parse({
        specversion: '1.0',
        id: ids.next(),
        source: 'gatehouse/test',
        type: event.type,
        subject,
        time: new Date(clock.now()).toISOString(),
        datacontenttype: 'application/json',
        data,
        correlationid: 'a-test',
        aggregateversion: version,
      });
      const [result] = await transport.publish([envelope]);
      if (result?.status !== 'stored') throw new Error(`${event.type} was not stored`);
      await whenIdle();
    },

    /** What the service announced about something, oldest first. */
    async announced(subject: string): Promise<readonly EventRecord[]> {
      await whenIdle();
      const events = (await messagings[0]?.history.list({ limit: 1000 })) ?? [];
      return events.filter((event) => event.subject === subject).reverse();
    },

    async stop(): Promise<void> {
      for (const service of running) await service.stop();
      closeUsers();
      await close();
    },
  };
};
