import { performance } from 'node:perf_hooks';
import type { AnyDb } from '@gatehouse/database';
import { createProjection } from '@gatehouse/event-store';
import { systemClock } from '@gatehouse/resilience';
import { sql } from 'kysely';
import type { Options } from './options.ts';
import type { Site } from './site.ts';

/** Events of one stream, as an order has them. */
const perStream = 5;
const mebibyte = 1024 * 1024;

/** A read model of one row a stream, made anew from all events while the live one stands. */
export const measureRebuild = async ({ database }: Site, { events }: Options): Promise<string> => {
  const { db } = database;
  await sql`create table stream_sums (stream text primary key, events integer not null, last jsonb not null)`.execute(
    db,
  );
  await seed(db, events);
  const projection = createProjection({
    name: 'stream-sums',
    database,
    categories: ['rebuilt'],
    tables: ['stream_sums'],
    batch: 1000,
    clock: systemClock,
    apply: async ({ events: batch, tx, table }) => {
      const rows = [...Map.groupBy(batch, ({ stream }) => stream)].map(([stream, all]) => ({
        stream,
        events: all.length,
        last: all.at(-1)?.event,
      }));
      await sql`
        insert into ${table('stream_sums')} as s (stream, events, last)
        select r.stream, r.events, r.last
        from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r (stream text, events integer, last jsonb)
        on conflict (stream) do update set events = s.events + excluded.events, last = excluded.last`.execute(
        tx,
      );
    },
  });

  const followed = await clocked(async () => {
    while ((await projection.runOnce()) > 0);
  });
  await projection.rebuild();
  const heaps: number[] = [];
  let batches = 0;
  const rebuilt = await clocked(async () => {
    while ((await projection.status()).rebuild !== undefined) {
      for (let turn = 0; turn < 20; turn += 1) {
        if ((await projection.rebuildOnce()) === 0) break;
        batches += 1;
      }
      heaps.push(process.memoryUsage().heapUsed);
    }
  });
  const { rows } = await sql<{ events: string }>`select sum(events) as events from stream_sums`.execute(db);
  if (Number(rows[0]?.events) !== events)
    throw new Error(`The read model has ${rows[0]?.events} of ${events} events.`);

  const half = Math.ceil(heaps.length / 2);
  const highest = (all: readonly number[]): string => `${Math.round(Math.max(0, ...all) / mebibyte)} MiB`;
  return [
    `A projection over ${events} events`,
    `  followed by the live one          ${Math.round(events / followed)} events/s`,
    `  rebuilt beside it, and swapped    ${Math.round(events / rebuilt)} events/s (${rebuilt.toFixed(1)} s, ${batches} batches)`,
    `  heap, highest: first half ${highest(heaps.slice(0, half))}, second half ${highest(heaps.slice(half))}; resident ${Math.round(process.memoryUsage.rss() / mebibyte)} MiB`,
  ].join('\n');
};

const clocked = async (work: () => Promise<void>): Promise<number> => {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1000;
};

const seed = async (db: AnyDb, events: number): Promise<void> => {
  const streams = Math.ceil(events / perStream);
  await sql`
    insert into event_streams (stream, category, version, last_xid)
    select 'rebuilt-' || n, 'rebuilt', ${perStream}::integer, pg_current_xact_id() from generate_series(1, ${streams}::integer) n`.execute(
    db,
  );
  await sql`
    insert into events (xid, stream, version, category, id, type, schema_version, data, recorded_at)
    select pg_current_xact_id(), 'rebuilt-' || (1 + n / ${perStream}::integer), 1 + n % ${perStream}::integer, 'rebuilt',
      gen_random_uuid(), 'counted', 1, jsonb_build_object('n', n, 'note', repeat('x', 150)), now()
    from generate_series(0, ${events - 1}::integer) n`.execute(db);
  await sql`vacuum analyze events`.execute(db);
};
