import type { AnyDb, AnyTx } from '@gatehouse/database';
import { appendEvents } from './append-events.ts';
import { isOlderTransaction, toExpectedNumber } from './append-rules.ts';
import { type EventRow, eventColumnsText, toRecordedEvent } from './event-rows.ts';
import type { DomainEvent, EventSources, EventStore } from './event-store.ts';
import { eventStoreError } from './event-store-errors.ts';
import { listRows } from './list-rows.ts';
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
    const request = {
      ...{ stream, category: categoryOf(stream), expected: toExpectedNumber(expected), schemaVersion },
      events: events.map(({ type, ...data }) => ({ id: ids.next(), type, data })),
      correlationId: metadata?.correlationId ?? null,
      causationId: metadata?.causationId ?? null,
      recordedAt: new Date(clock.now()).toISOString(),
    };
    const attempt = async (executor: AnyDb) => {
      const { version, actual, position } = await appendEvents(executor, request);
      if (version === null || position === null)
        throw eventStoreError('version_conflict', { details: { stream, expected, actual } });
      return { version, position };
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
