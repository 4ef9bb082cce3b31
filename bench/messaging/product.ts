import { PostDeleted, randomIds } from '@gatehouse/contracts';
import { createTransact, migrate, openDatabase } from '@gatehouse/database';
import {
  createMessaging,
  createRabbitMqTransport,
  createSubscription,
  messagingMigrations,
  newEvent,
  on,
} from '@gatehouse/messaging';
import { systemClock as clock } from '@gatehouse/resilience';
import { sql } from 'kysely';
import { type Contender, receiverPool, senderPool, workers } from './command.ts';

type Servers = Readonly<{ senderUrl: string; receiverUrl: string; brokerUrl: string }>;

/** The product's own way, with its defaults: what every service of the house does. */
export const openProduct = async ({ senderUrl, receiverUrl, brokerUrl }: Servers): Promise<Contender> => {
  const open = async (service: string, url: string, poolSize: number) => {
    const database = openDatabase({ url, applicationName: `bench-${service}`, poolSize });
    await migrate(database.db, { owner: 'messaging', migrations: messagingMigrations });
    const transport = await createRabbitMqTransport({ url: brokerUrl, clock, name: `bench-${service}` });
    const messaging = createMessaging({ service, database, transport, clock, ids: randomIds, workers });
    return { database, db: database.db, transport, messaging };
  };
  const sender = await open('sender', senderUrl, senderPool);
  const receiver = await open('receiver', receiverUrl, receiverPool);
  await sql`create table changes (id uuid primary key, n int not null)`.execute(sender.db);
  await sql`create table effects (event_id text primary key, n int not null)`.execute(receiver.db);
  await receiver.messaging.subscribe(
    createSubscription({
      consumer: 'receiver.bench',
      handlers: [
        on(PostDeleted, async (event, tx) => {
          await sql`insert into effects (event_id, n) values (${event.id}, ${event.aggregateversion})`.execute(
            tx,
          );
        }),
      ],
    }),
  );
  await receiver.messaging.start();
  await sender.messaging.start();
  const transact = createTransact({ db: sender.db, afterCommit: sender.messaging.hint });

  return {
    name: 'gatehouse',
    execute: ({ id, n }) =>
      transact(async (tx) => {
        await sql`insert into changes (id, n) values (${id}, ${n})`.execute(tx);
        await sender.messaging.outbox.append(tx, [
          newEvent(PostDeleted, {
            aggregateId: id,
            aggregateVersion: 1,
            data: { postId: id, authorId: id },
          }),
        ]);
      }),
    countEffects: async () => {
      const { rows } = await sql<{ count: number }>`select count(*)::int as count from effects`.execute(
        receiver.db,
      );
      return rows[0]?.count ?? 0;
    },
    close: async () => {
      for (const { messaging, transport, database } of [sender, receiver]) {
        await messaging.stop();
        await transport.close();
        await database.close();
      }
    },
  };
};
