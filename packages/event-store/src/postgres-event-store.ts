import { type AnyDb, type AnyTx, toDatabaseError } from '@gatehouse/database';
import { type RawBuilder, sql } from 'kysely';
import { isOlderTransaction, toExpectedNumber } from './append-rules.ts';
import { type EventRow, toRecordedEvent } from './event-rows.ts';
import type { DomainEvent, EventSources, EventStore } from './event-store.ts';
import { eventStoreError } from './event-store-errors.ts';
import { createPostgresSnapshots } from './postgres-snapshots.ts';
import { createReadAll } from './read-all.ts';
import { categoryOf, type StreamName } from './stream-name.ts';

/** An append that is a transaction of its own is repeated this often when it met a newer one. */
const repeats = 5;

/** The event store in PostgreSQL; its tables come from `eventStoreMigrations`. */
export const createPostgresEventStore = ({
  db,
  clock,
  ids,
}: EventSources & Readonly<{ db: AnyDb }>): EventStore => ({
  async append(stream, expected, events, { tx, metadata, schemaVersion = 1 } = {}) {
    if (events.length === 0) throw new TypeError('an append needs at least one event');
    const wanted = toExpectedNumber(expected);
    const items = JSON.stringify(events.map(({ type, ...data }) => ({ id: ids.next(), type, data })));
    const recordedAt = new Date(clock.now()).toISOString();

    const attempt = async (executor: AnyDb) => {
      const rows = await listRows(
        sql<AppendRow>`
        select version, actual, position from append_to_stream(${stream}, ${categoryOf(stream)}, ${wanted},
          ${items}::jsonb, ${schemaVersion}, ${metadata?.correlationId ?? null}, ${metadata?.causationId ?? null},
          ${recordedAt}::timestamptz)`,
        executor,
      );
      const row = rows[0] as AppendRow;
      if (row.version === null || row.position === null) {
        throw eventStoreError('version_conflict', { details: { stream, expected, actual: row.actual } });
      }
      return { version: row.version, position: row.position };
    };
    return tx === undefined ? repeatWhileOlder(() => attempt(db)) : attempt(tx);
  },

  async read<E extends DomainEvent>(
    stream: StreamName,
    { from = 1, to, tx }: { from?: number; to?: number; tx?: AnyTx } = {},
  ) {
    // One statement, so that version, position and events are of one snapshot.
    const rows = await listRows(
      sql<ReadRow>`
      select s.version as stream_version, h.xid::text || ':' || h.seq::text as stream_position,
        e.id, e.stream, e.category, e.version, e.xid::text || ':' || e.seq::text as position, e.type,
        e.schema_version, e.data, e.correlation_id, e.causation_id, e.recorded_at
      from event_streams s
      join events h on h.stream = s.stream and h.version = s.version
      left join events e on e.stream = s.stream and e.version >= ${from} and e.version <= ${to ?? maxVersion}
      where s.stream = ${stream}
      order by e.version`,
      tx ?? db,
    );
    return {
      version: rows[0]?.stream_version ?? 0,
      position: rows[0]?.stream_position,
      events: rows.filter((row) => row.id !== null).map((row) => toRecordedEvent<E>(row)),
    };
  },

  async findHead(stream, { tx } = {}) {
    const rows = await listRows(
      sql<{ version: number; position: string }>`
      select e.version, e.xid::text || ':' || e.seq::text as position
      from events e where e.stream = ${stream} order by e.version desc limit 1`,
      tx ?? db,
    );
    return rows[0];
  },

  readAll: createReadAll(db),
  ...createPostgresSnapshots(db),
});

type AppendRow = Readonly<{ version: number | null; actual: number; position: string | null }>;
type ReadRow = EventRow & Readonly<{ stream_version: number; stream_position: string }>;

/** A database that is away says so as an `AppError`; everything else, 40001 above all, stays as it was. */
const listRows = async <Row>(query: RawBuilder<Row>, executor: AnyDb): Promise<readonly Row[]> => {
  try {
    return (await query.execute(executor)).rows;
  } catch (error) {
    throw toDatabaseError(error);
  }
};

const maxVersion = 2_147_483_647;

const repeatWhileOlder = async <T>(attempt: () => Promise<T>): Promise<T> => {
  for (let left = repeats; ; left -= 1) {
    try {
      return await attempt();
    } catch (error) {
      if (left === 0 || !isOlderTransaction(error)) throw error;
    }
  }
};
