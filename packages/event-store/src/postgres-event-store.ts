import { type AnyDb, type AnyTx, toDatabaseError } from '@gatehouse/database';
import { CompiledQuery } from 'kysely';
import { isOlderTransaction, toExpectedNumber } from './append-rules.ts';
import { type EventRow, eventColumnsText, toRecordedEvent } from './event-rows.ts';
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
      const rows = await listRows<AppendRow>(executor, appendText, [
        stream,
        categoryOf(stream),
        wanted,
        items,
        schemaVersion,
        metadata?.correlationId ?? null,
        metadata?.causationId ?? null,
        recordedAt,
      ]);
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
    const rows = await listRows<EventRow>(
      tx ?? db,
      to === undefined ? readToEndText : readRangeText,
      to === undefined ? [stream, from] : [stream, from, to],
    );
    const head = rows.at(-1);
    const isWanted = ({ version }: EventRow): boolean => version >= from && version <= (to ?? maxVersion);
    const wanted = head === undefined || (isWanted(head) && from === 1) ? rows : rows.filter(isWanted);
    return {
      version: head?.version ?? 0,
      position: head && `${head.xid}:${head.seq}`,
      events: wanted.map((row) => toRecordedEvent<E>(row)),
    };
  },

  async findHead(stream, { tx } = {}) {
    const rows = await listRows<{ version: number; position: string }>(tx ?? db, headText, [stream]);
    return rows[0];
  },

  readAll: createReadAll(db),
  ...createPostgresSnapshots(db),
});

type AppendRow = Readonly<{ version: number | null; actual: number; position: string | null }>;
// Texts that never change: nothing is put together for each call.
const appendText = `-- prepared: event-store-append
  select version, actual, position
  from append_to_stream($1, $2, $3::integer, $4::jsonb, $5::integer, $6, $7, $8::timestamptz)`;

/** With the stream's last event, wherever the range begins: one statement, so that version and events are of one moment. */
const readToEndText = `-- prepared: event-store-read
  select ${eventColumnsText} from events e
  where e.stream = $1
    and e.version >= least($2::integer, (select s.version from event_streams s where s.stream = $1))
  order by e.version`;

const readRangeText = `-- prepared: event-store-read-range
  select ${eventColumnsText} from events e
  where e.stream = $1 and e.version >= $2::integer and e.version <= $3::integer
  union all
  select ${eventColumnsText} from event_streams s join events e on e.stream = s.stream and e.version = s.version
  where s.stream = $1 and not (s.version >= $2::integer and s.version <= $3::integer)
  order by version`;

const headText = `-- prepared: event-store-head
  select e.version, e.xid::text || ':' || e.seq::text as position
  from events e where e.stream = $1 order by e.version desc limit 1`;

/** A database that is away says so as an `AppError`; everything else, 40001 above all, stays as it was. */
const listRows = async <Row>(
  executor: AnyDb,
  text: string,
  parameters: readonly unknown[],
): Promise<readonly Row[]> => {
  try {
    return (await executor.executeQuery(CompiledQuery.raw(text, [...parameters]))).rows as Row[];
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
