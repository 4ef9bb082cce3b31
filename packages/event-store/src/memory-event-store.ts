import { toExpectedNumber } from './append-rules.ts';
import type { DomainEvent, EventSources, EventStore, RecordedEvent, Snapshot } from './event-store.ts';
import { eventStoreError } from './event-store-errors.ts';
import { comparePositions, startPosition } from './position.ts';
import { readAllLimit } from './read-all.ts';
import { categoryOf, type StreamName } from './stream-name.ts';

/** The event store of tests: the same rules without a database. It has no transactions, `tx` changes nothing. */
export const createMemoryEventStore = ({ clock, ids }: EventSources): EventStore => {
  const all: RecordedEvent[] = [];
  const streams = new Map<string, RecordedEvent[]>();
  const snapshots = new Map<string, string>();
  let appends = 0;

  return {
    async append(stream, expected, events, { metadata, schemaVersion = 1 } = {}) {
      if (events.length === 0) throw new TypeError('an append needs at least one event');
      const wanted = toExpectedNumber(expected);
      const recorded = streams.get(stream) ?? [];
      if (wanted !== -1 && wanted !== recorded.length) {
        throw eventStoreError('version_conflict', {
          details: { stream, expected, actual: recorded.length },
        });
      }

      appends += 1;
      const added = events.map(
        (event, index): RecordedEvent => ({
          id: ids.next(),
          stream,
          category: categoryOf(stream),
          version: recorded.length + index + 1,
          position: `${appends}:${all.length + index + 1}`,
          type: event.type,
          schemaVersion,
          event: JSON.parse(JSON.stringify(event)) as DomainEvent,
          ...metadata,
          recordedAt: new Date(clock.now()).toISOString(),
        }),
      );
      streams.set(stream, [...recorded, ...added]);
      all.push(...added);
      return headOf(added) as { version: number; position: string };
    },

    async read<E extends DomainEvent>(
      stream: StreamName,
      { from = 1, to }: { from?: number; to?: number } = {},
    ) {
      const recorded = (streams.get(stream) ?? []) as RecordedEvent<E>[];
      return {
        version: recorded.length,
        position: recorded.at(-1)?.position,
        events: recorded.filter(({ version }) => version >= from && (to === undefined || version <= to)),
      };
    },

    async findHead(stream) {
      return headOf(streams.get(stream) ?? []);
    },

    async readAll({ after = startPosition, limit, categories }) {
      if (!Number.isInteger(limit) || limit < 1 || limit > readAllLimit) {
        throw new RangeError(`a limit is 1 to ${readAllLimit}`);
      }
      const events = all
        .filter(({ position }) => comparePositions(position, after) > 0)
        .filter(({ category }) => categories === undefined || categories.includes(category))
        .slice(0, limit);
      return { events, next: events.at(-1)?.position };
    },

    async findSnapshot<S>(stream: StreamName, schemaHash: string) {
      const kept = snapshots.get(`${stream} ${schemaHash}`);
      return kept === undefined ? undefined : (JSON.parse(kept) as Snapshot<S>);
    },

    async saveSnapshot(stream, schemaHash, snapshot) {
      const key = `${stream} ${schemaHash}`;
      const kept = snapshots.get(key);
      if (kept !== undefined && (JSON.parse(kept) as Snapshot).version >= snapshot.version) return;
      snapshots.set(key, JSON.stringify(snapshot));
    },
  };
};

const headOf = (recorded: readonly RecordedEvent[]) => {
  const last = recorded.at(-1);
  return last && { version: last.version, position: last.position };
};
