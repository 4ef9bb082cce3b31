import { setTimeout as pause } from 'node:timers/promises';
import { PostDeleted, randomIds } from '@gatehouse/contracts';
import type { AnyTx } from '@gatehouse/database';
import { systemClock } from '@gatehouse/resilience';
import { realServer } from '@gatehouse/testing/servers';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createRabbitMqTransport } from '../rabbitmq/rabbitmq-transport.ts';
import { createSubscription, on } from '../subscription.ts';
import { openTestService, postDeleted, postId, type TestService } from '../testing/open-test-service.ts';
import type { Transport } from '../transport.ts';

const rabbitMq = realServer('rabbitmq');
type Item = Readonly<{ id: string; version: number }>;

rabbitMq.describe('a service that starts to listen later begins with the export, over RabbitMQ', () => {
  let source: TestService;
  let copy: TestService;
  let transports: Transport[];
  let undo: () => Promise<void>;
  let reads: number;
  let isSaying: boolean;

  const openTransport = async (): Promise<Transport> => {
    const transport = await createRabbitMqTransport({ url: rabbitMq.url, clock: systemClock });
    transports.push(transport);
    return transport;
  };
  beforeEach(async () => {
    transports = [];
    reads = 0;
    undo = async () => {};
    source = await openTestService('posts', { transport: await openTransport() });
    copy = await openTestService('copies', { transport: await openTransport() });
    await sql`create table items (id text primary key, version int not null)`.execute(source.db);
    await sql`create table copies (id text primary key, version int not null)`.execute(copy.db);
    await source.messaging.start();
  });
  afterEach(async () => {
    isSaying = false;
    await undo();
    await Promise.all([source.close(), copy.close()]);
    await Promise.all(transports.map((transport) => transport.close()));
  });

  /** A change of an item and its event, in one transaction. */
  const change = (n: number) =>
    source.transact(async (tx) => {
      const { rows } = await sql<{ version: number }>`
        insert into items (id, version) values (${postId(n)}, 1)
        on conflict (id) do update set version = items.version + 1 returning version`.execute(tx);
      await source.messaging.outbox.append(tx, [postDeleted(postId(n), Number(rows[0]?.version))]);
    });

  /** As handlers and export do it: an older version changes nothing. */
  const save = async ({ id, version }: Item, tx: AnyTx): Promise<void> => {
    await sql`
      insert into copies (id, version) values (${id}, ${version})
      on conflict (id) do update set version = excluded.version where copies.version < excluded.version`.execute(
      tx,
    );
  };

  const pageSize = 20;
  const listening = (consumer: string) =>
    createSubscription<Item>({
      consumer,
      handlers: [
        on(PostDeleted, ({ subject, aggregateversion }, tx) =>
          save({ id: subject, version: aggregateversion }, tx),
        ),
      ],
      catchUp: {
        read: async (after = '') => {
          reads += 1;
          await pause(20);
          const { rows } = await sql<Item>`
            select id, version from items where id > ${after} order by id limit ${pageSize}`.execute(
            source.db,
          );
          return { items: rows, next: rows.length < pageSize ? undefined : rows.at(-1)?.id };
        },
        apply: save,
      },
    });

  it('and has everything in the end: what was before its queue, what is said meanwhile, what comes after', async () => {
    for (let n = 1; n <= 150; n++) await change(n);
    await source.messaging.whenIdle();

    isSaying = true;
    let said = 150;
    const saying = (async () => {
      for (let n = 0; isSaying; n++, said++) await change((n * 7) % 200);
    })();
    undo = await copy.messaging.subscribe(listening(`copies.items-${randomIds.next()}`));
    await copy.messaging.start();
    await expect
      .poll(async () => (await copy.messaging.status()).catchUps, { timeout: 30_000 })
      .toMatchObject([{ finished: true }]);
    await pause(300);
    isSaying = false;
    await saying;

    const of = async (db: TestService['db'], table: 'items' | 'copies'): Promise<readonly Item[]> =>
      (await sql<Item>`select id, version from ${sql.table(table)} order by id`.execute(db)).rows;
    const wanted = await of(source.db, 'items');
    await expect.poll(() => of(copy.db, 'copies'), { timeout: 30_000 }).toEqual(wanted);
    const { rows } = await sql<{ heard: number }>`select count(*)::int as heard from inbox`.execute(copy.db);
    process.stdout.write(`catch-up: ${JSON.stringify({ said, pages: reads, heard: rows[0]?.heard })}\n`);
    // Some came by the export alone, some as events: else this would show one way only.
    expect(reads).toBeGreaterThan(7);
    expect(rows[0]?.heard).toBeGreaterThan(0);
    expect(rows[0]?.heard).toBeLessThanOrEqual(said - 150 + 1);
  });
});
