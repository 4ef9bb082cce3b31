import { CommentDeleted, PostDeleted } from '@gatehouse/contracts';
import { type AnyTx, createTransact, type Database, databaseError } from '@gatehouse/database';
import {
  createPostgresEventStore,
  createProjection,
  type Projection,
  streamName,
} from '@gatehouse/event-store';
import { type Clock, wait } from '@gatehouse/resilience';
import { sql } from 'kysely';
import { createMessaging, type Messaging } from '../src/messaging.ts';
import { messagingError } from '../src/messaging-errors.ts';
import { newEvent } from '../src/new-event.ts';
import { createSubscription, on, type Subscription } from '../src/subscription.ts';
import type { Transport } from '../src/transport.ts';
import type { Bug } from './bug.ts';
import type { DatabaseServer } from './database-server.ts';
import { idOf, numberOf } from './id-of.ts';
import { openSimulatedDatabase } from './kysely-database.ts';
import type { Life } from './life.ts';
import { type Plan, projectionName, type Trouble } from './plan.ts';
import type { World } from './world.ts';

export type ProcessParts = Readonly<{
  world: World;
  plan: Plan;
  life: Life;
  transport: Transport;
  bug: Bug;
  /** How often a handler has failed on purpose, over all processes. */
  failures: Map<string, number>;
}>;

const retry = { quick: 3, delayedSeconds: [1, 2] };

const messagingOf = (service: string, server: DatabaseServer, database: Database, parts: ProcessParts) => {
  const { life, bug, plan } = parts;
  const found = new Map<string, Subscription>();
  const transact = createTransact({ db: database.db, clock: life.clock });
  const transport =
    bug.wrapTransport?.(parts.transport, { transact, find: (consumer) => found.get(consumer) }) ??
    parts.transport;
  const messaging = createMessaging({
    ...{
      service,
      database,
      transport,
      clock: life.clock,
      pollMs: plan.pollMs,
      retry,
      workers: 3,
      notify: false,
    },
    partitions: plan.partitions,
    ids: idsOf(parts),
    acquireLock: async ({ key, onLost }) => {
      const release = await server.lock(life, `${service} ${key}`, onLost);
      return release && { release };
    },
  });
  const subscribe = async (subscription: Subscription): Promise<void> => {
    found.set(subscription.consumer, subscription);
    await messaging.subscribe(subscription);
  };
  return { messaging, subscribe, transport };
};

/** Says what clients ask for, keeps it as events and a read model, and hears the answers. */
export const startOrders = async (server: DatabaseServer, parts: ProcessParts) => {
  const { life, plan, world, bug } = parts;
  const database = openSimulatedDatabase(server, life, bug.interference);
  const { messaging, subscribe, transport } = messagingOf('orders', server, database, parts);
  const transact = createTransact({ db: database.db, clock: life.clock, afterCommit: messaging.hint });
  const store = createPostgresEventStore({ db: database.db, clock: life.clock, ids: idsOf(parts) });
  const projection = createProjection({
    ...{
      name: projectionName,
      database,
      categories: ['order'],
      clock: life.clock,
      pollMs: plan.pollMs,
      batch: 3,
    },
    apply: async ({ events, tx }) => {
      for (const { id, event, stream, version } of events) {
        const { number } = event as unknown as { number: number };
        await meetTrouble(parts, projectionName, number);
        await keepEffect(tx, { consumer: projectionName, eventId: id, subject: stream, version, number });
      }
    },
  });
  await subscribe(
    createSubscription({
      consumer: 'orders.answers',
      handlers: [on(CommentDeleted, (event, tx) => applyEvent(parts, 'orders.answers', { event, tx }))],
    }),
  );

  /** Once for each key. */
  const command = async (number: number, stream: number, key: string): Promise<void> => {
    await transact(async (tx) => {
      const { rows } = await sql`
        insert into commands (key) values (${key}) on conflict do nothing returning key`.execute(tx);
      if (rows.length === 0) return;
      const head = await store.append(streamName('order', idOf(stream)), 'any', [noted(number)], { tx });
      const data = { postId: idOf(stream), authorId: idOf(number) };
      await messaging.outbox.append(tx, [
        newEvent(PostDeleted, { aggregateId: idOf(stream), aggregateVersion: head.version, data }),
      ]);
      if (plan.stallMs > 0 && world.chance(0.3)) await wait(life.clock, world.random() * plan.stallMs);
      if (bug.beforeCommit !== undefined) {
        const { rows: written } = await sql<{ event_id: string }>`
          select event_id from outbox where subject = ${idOf(stream)} and aggregate_version = ${head.version}`.execute(
          tx,
        );
        const id = String(written[0]?.event_id);
        await bug.beforeCommit(
          envelopeOf({ id, subject: idOf(stream), version: head.version, data }),
          transport,
        );
      }
    });
    projection.hint();
  };

  return { command, start: startAll(messaging, projection) };
};

const noted = (number: number) => ({ type: 'noted', number });

/** Hears the orders; one of its consumers answers each. */
export const startStock = async (server: DatabaseServer, parts: ProcessParts) => {
  const database = openSimulatedDatabase(server, parts.life, parts.bug.interference);
  const { messaging, subscribe } = messagingOf('stock', server, database, parts);
  await subscribe(
    createSubscription({
      consumer: 'stock.orders',
      handlers: [
        on(PostDeleted, async (event, tx) => {
          await applyEvent(parts, 'stock.orders', { event, tx });
          const { subject, aggregateversion, data } = event;
          await messaging.outbox.append(tx, [
            newEvent(CommentDeleted, {
              ...{ aggregateId: subject, aggregateVersion: aggregateversion },
              data: { ...data, commentId: data.postId },
            }),
          ]);
        }),
      ],
    }),
  );
  await subscribe(
    createSubscription({
      consumer: 'stock.audit',
      handlers: [on(PostDeleted, (event, tx) => applyEvent(parts, 'stock.audit', { event, tx }))],
    }),
  );
  return { start: startAll(messaging) };
};

const startAll = (messaging: Messaging, projection?: Projection) => async (): Promise<void> => {
  await messaging.start();
  await projection?.start();
};

type Heard = Readonly<{
  event: Readonly<{ id: string; subject: string; aggregateversion: number; data: { authorId: string } }>;
  tx: AnyTx;
}>;

const applyEvent = async (parts: ProcessParts, consumer: string, { event, tx }: Heard): Promise<void> => {
  const number = numberOf(event.data.authorId);
  await meetTrouble(parts, consumer, number);
  const { id: eventId, subject, aggregateversion: version } = event;
  await keepEffect(tx, { consumer, eventId, subject, version, number });
};

type Effect = Readonly<{
  consumer: string;
  eventId: string;
  subject: string;
  version: number;
  number: number;
}>;

const keepEffect = async (tx: AnyTx, effect: Effect): Promise<void> => {
  const { consumer, eventId, subject, version, number } = effect;
  await sql`insert into effects (consumer, event_id, subject, version, number)
    values (${consumer}, ${eventId}, ${subject}, ${version}, ${number})`.execute(tx);
};

/** What the plan has for this message here: it fails for good, or so many times, or takes long. */
const meetTrouble = async (parts: ProcessParts, consumer: string, number: number): Promise<void> => {
  const key = `${consumer} ${number}`;
  const trouble = parts.plan.troubles.get(key);
  if (trouble === undefined) return;
  const before = parts.failures.get(key) ?? 0;
  parts.failures.set(key, before + 1);
  await suffer(trouble, before, parts.life.clock);
};

const suffer = async (trouble: Trouble, before: number, clock: Clock): Promise<void> => {
  switch (trouble.kind) {
    case 'poison':
      throw new RangeError('refused');
    case 'hopeless':
      throw messagingError('event_unreadable');
    case 'fails':
      if (before < trouble.times) throw new RangeError('refused');
      return;
    case 'away':
      if (before < trouble.times) throw databaseError('database_unavailable');
      return;
    case 'slow':
      await wait(clock, trouble.ms);
  }
};

const idsOf = ({ world }: ProcessParts) => ({ next: () => idOf(world.pick(0xffff_ffff)) });

const envelopeOf = (o: Readonly<{ id: string; subject: string; version: number; data: unknown }>) => ({
  ...{ specversion: '1.0' as const, id: o.id, source: 'gatehouse/orders', type: PostDeleted.type },
  ...{ subject: o.subject, time: new Date(0).toISOString(), datacontenttype: 'application/json' as const },
  ...{ data: o.data, correlationid: o.id, aggregateversion: o.version },
});
