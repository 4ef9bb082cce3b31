import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type ConfirmChannel, type ConsumeMessage, connect } from 'amqplib';
import pg from 'pg';
import { type Contender, receiverPool, senderPool, workers } from './command.ts';

type Servers = Readonly<{ senderUrl: string; receiverUrl: string; brokerUrl: string }>;

const exchange = 'bench.hand-written';
const queue = 'bench.hand-written';
const relayBatch = 200;
const storeBatch = 100;
const idleMs = 2;

/**
 * The same commits, written by hand with pg and amqplib: change and outbox row; a batch published with confirms and marked; a
 * batch stored in the inbox and acknowledged; a message, its effect and its mark. Without what makes the product safe: no order
 * within a subject, no retries, no dead letters, no recovery, no contracts, and it knows its only queue.
 */
export const openHandWritten = async (servers: Servers): Promise<Contender> => {
  const sender = new pg.Pool({ connectionString: servers.senderUrl, max: senderPool });
  const receiver = new pg.Pool({ connectionString: servers.receiverUrl, max: receiverPool });
  await sender.query('create table changes (id uuid primary key, n int not null)');
  await sender.query(`create table outbox (position bigint generated always as identity primary key, id uuid not null,
    type text not null, subject uuid not null, time timestamptz not null, data jsonb not null, sent_at timestamptz)`);
  await sender.query('create index outbox_unsent on outbox (position) where sent_at is null');
  await receiver.query(`create table inbox (position bigint generated always as identity primary key,
    id uuid not null unique, event jsonb not null, done_at timestamptz)`);
  await receiver.query('create index inbox_pending on inbox (position) where done_at is null');
  await receiver.query('create table effects (event_id uuid primary key, n int not null)');
  const publishing = await connect(servers.brokerUrl);
  const consuming = await connect(servers.brokerUrl);
  const channel = await publishing.createConfirmChannel();
  const intake = await consuming.createChannel();
  await channel.assertExchange(exchange, 'topic', { durable: true });
  await channel.assertQueue(queue, {
    durable: true,
    arguments: { 'x-queue-type': 'quorum', 'x-single-active-consumer': true },
  });
  await channel.bindQueue(queue, exchange, '#');

  let isOver = false;
  const relaying = relayForEver(sender, channel, () => isOver);
  const storing = await startStoring(receiver, intake);
  const processing = Array.from({ length: workers }, () => processForEver(receiver, () => isOver));

  return {
    name: 'hand-written',
    execute: ({ id, n }) => changeAndSay(sender, id, n),
    countEffects: async () => {
      const { rows } = await receiver.query<{ count: number }>('select count(*)::int as count from effects');
      return rows[0]?.count ?? 0;
    },
    close: async () => {
      isOver = true;
      await Promise.all([relaying, ...processing]);
      await storing.close();
      await Promise.all([publishing.close(), consuming.close()]);
      await Promise.all([sender.end(), receiver.end()]);
    },
  };
};

const inTransaction = async <T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> => {
  const client = await pool.connect();
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
};

const changeAndSay = (pool: pg.Pool, id: string, n: number): Promise<void> =>
  inTransaction(pool, async (client) => {
    await client.query('insert into changes (id, n) values ($1, $2)', [id, n]);
    await client.query('insert into outbox (id, type, subject, time, data) values ($1, $2, $3, $4, $5)', [
      randomUUID(),
      'gatehouse.post.deleted.v1',
      id,
      new Date(),
      { postId: id, authorId: id },
    ]);
  });

type OutboxRow = Readonly<{
  position: string;
  id: string;
  type: string;
  subject: string;
  time: Date;
  data: unknown;
}>;

const relayForEver = async (pool: pg.Pool, channel: ConfirmChannel, isOver: () => boolean): Promise<void> => {
  while (!isOver()) {
    const { rows } = await pool.query<OutboxRow>(
      `select position, id, type, subject, time, data from outbox where sent_at is null order by position limit ${relayBatch}`,
    );
    if (rows.length === 0) {
      await pause(idleMs);
      continue;
    }
    for (const { position: _, ...event } of rows)
      channel.publish(exchange, 'post.deleted', Buffer.from(JSON.stringify(event)), {
        persistent: true,
        messageId: event.id,
        mandatory: true,
      });
    await channel.waitForConfirms();
    await pool.query('update outbox set sent_at = now() where position = any($1::bigint[])', [
      rows.map(({ position }) => position),
    ]);
  }
};

const startStoring = async (
  pool: pg.Pool,
  channel: Awaited<ReturnType<Awaited<ReturnType<typeof connect>>['createChannel']>>,
) => {
  let waiting: ConsumeMessage[] = [];
  let storing: Promise<void> | undefined;
  const store = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, storeBatch);
      waiting = waiting.slice(storeBatch);
      const events = batch.map(({ content }) => JSON.parse(content.toString()) as { id: string });
      await pool.query(
        `insert into inbox (id, event) select (e ->> 'id')::uuid, e from jsonb_array_elements($1::jsonb) e
         on conflict do nothing`,
        [JSON.stringify(events)],
      );
      for (const message of batch) channel.ack(message);
    }
  };
  await channel.prefetch(2 * storeBatch);
  const { consumerTag } = await channel.consume(queue, (message) => {
    if (message === null) return;
    waiting.push(message);
    storing ??= store().finally(() => {
      storing = undefined;
    });
  });
  return {
    close: async () => {
      await channel.cancel(consumerTag);
      await storing;
    },
  };
};

const processForEver = async (pool: pg.Pool, isOver: () => boolean): Promise<void> => {
  while (!isOver()) {
    const found = await inTransaction(pool, async (client) => {
      const { rows } = await client.query<{ position: string; event: { id: string } }>(
        'select position, event from inbox where done_at is null order by position limit 1 for update skip locked',
      );
      const [row] = rows;
      if (row === undefined) return false;
      await client.query('insert into effects (event_id, n) values ($1, $2)', [row.event.id, 1]);
      await client.query('update inbox set done_at = now() where position = $1', [row.position]);
      return true;
    });
    if (!found) await pause(idleMs);
  }
};
