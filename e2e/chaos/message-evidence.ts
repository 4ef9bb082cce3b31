import { type AnyDb, openDatabase } from '@gatehouse/database';
import { sql } from 'kysely';
import type { MessageEvidence } from './conservation.ts';

const services = ['users', 'posts', 'orders'] as const;

/** Reads outboxes, inboxes and checkpoints in the services' own databases, which no API shows row by row. */
export const readMessages = async (
  databaseUrl: (service: string) => string,
  orderIds: readonly string[],
): Promise<MessageEvidence> => {
  const left = { unsent: 0, pending: 0, behind: 0 };
  let announced: MessageEvidence['announced'] = [];
  let answered: MessageEvidence['answered'] = [];
  for (const service of services) {
    const database = openDatabase({ url: databaseUrl(service), applicationName: 'chaos', poolSize: 1 });
    try {
      const { db }: { db: AnyDb } = database;
      const counts = await countLeft(db);
      left.unsent += counts.unsent;
      left.pending += counts.pending;
      if (service !== 'orders') continue;
      left.behind += await countBehind(db);
      announced = await listAnnounced(db, orderIds);
      answered = await listAnswered(db, orderIds);
    } finally {
      await database.close();
    }
  }
  return { ...left, announced, answered };
};

/** What is still on its way in all services, asked again and again over the same connections. */
export const openDeliveries = (databaseUrl: (service: string) => string) => {
  const databases = services.map((service) => ({
    service,
    ...openDatabase({ url: databaseUrl(service), applicationName: 'chaos', poolSize: 1 }),
  }));
  return {
    count: async (): Promise<number> => {
      let left = 0;
      for (const { service, db } of databases) {
        const { unsent, pending } = await countLeft(db);
        left += unsent + pending + (service === 'orders' ? await countBehind(db) : 0);
      }
      return left;
    },
    close: async () => {
      for (const database of databases) await database.close();
    },
  };
};

const countLeft = async (db: AnyDb) => {
  const { rows } = await sql<{ unsent: number; pending: number }>`
    select (select count(*)::integer from outbox where sent_at is null) as unsent,
      (select count(*)::integer from inbox where state = 'pending') as pending`.execute(db);
  return rows[0] ?? { unsent: 0, pending: 0 };
};

/** Orders whose row in the read model is not that of their stream. */
const countBehind = async (db: AnyDb): Promise<number> => {
  const { rows } = await sql<{ behind: number }>`
    select count(*)::integer as behind
    from event_streams e left join order_summaries s on e.stream = 'order-' || s.id::text
    where e.category = 'order' and s.version is distinct from e.version`.execute(db);
  return rows[0]?.behind ?? 0;
};

const listAnnounced = async (db: AnyDb, orderIds: readonly string[]) => {
  const { rows } = await sql<{ orderId: string; version: string }>`
    select subject as "orderId", aggregate_version as version from outbox
    where subject = any(${[...orderIds]}::text[])`.execute(db);
  return rows.map(({ orderId, version }) => ({ orderId, version: Number(version) }));
};

/** As it stands after the last replay, if there was one. */
const listAnswered = async (db: AnyDb, orderIds: readonly string[]) => {
  const { rows } = await sql<{ orderId: string; state: string }>`
    select distinct on (event_id) key as "orderId", state from inbox
    where consumer = 'orders.fulfilment' and key = any(${[...orderIds]}::text[])
    order by event_id, replay desc`.execute(db);
  return rows;
};
