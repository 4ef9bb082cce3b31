import type { AnyTx } from '@gatehouse/database';
import type { Position } from './position.ts';
import type { StreamName } from './stream-name.ts';

/** What happened, in a service's own words. `type` names it, everything else of the object is its data (JSON). */
export type DomainEvent = Readonly<{ type: string }>;

/**
 * What a writer expects of a stream. The first event of a stream has version 1; a number is the version of the last event
 * that the writer has seen, 0 means the same as `no-stream`; `any` appends whatever is there.
 */
export type ExpectedVersion = number | 'no-stream' | 'any';

/** What led to an event; kept beside it so that a correlation id gives the whole tree. */
export type EventMetadata = Readonly<{ correlationId?: string; causationId?: string }>;

/** An event as it is kept. `schemaVersion` says in which shape `event` was written (1 unless the writer said more). */
export type RecordedEvent<E extends DomainEvent = DomainEvent> = Readonly<{
  id: string;
  stream: StreamName;
  category: string;
  version: number;
  position: Position;
  type: string;
  schemaVersion: number;
  event: E;
  correlationId?: string;
  causationId?: string;
  /** ISO 8601, by the clock of the writer. */
  recordedAt: string;
}>;

export type AppendOptions = Readonly<{
  /** The caller's transaction; without it the append is a transaction of its own. */
  tx?: AnyTx;
  metadata?: EventMetadata;
  /** In which shape the events are written; 1 by default. */
  schemaVersion?: number;
}>;

export type StreamHead = Readonly<{ version: number; position: Position }>;

export type ReadOptions = Readonly<{
  /** First version wanted, 1 by default. */
  from?: number;
  /** Last version wanted; the end by default. */
  to?: number;
  tx?: AnyTx;
}>;

/** `version` and `position` are those of the stream's end, whatever range was asked for; 0 and `undefined` without a stream. */
export type StreamSlice<E extends DomainEvent> = Readonly<{
  version: number;
  position: Position | undefined;
  events: readonly RecordedEvent<E>[];
}>;

export type ReadAllOptions = Readonly<{
  after?: Position;
  /** 1 to 1 000. */
  limit: number;
  categories?: readonly string[];
}>;

/** A state folded once: a baseline to start from, never a replacement for reading the stream's version and tail. */
export type Snapshot<S = unknown> = Readonly<{ version: number; state: S }>;

/**
 * Streams of events with optimistic concurrency. Two adapters, PostgreSQL and memory, pass one contract suite
 * (`event-store.contract.ts`).
 */
export type EventStore = Readonly<{
  /**
   * Adds at least one event, all of them or none, in one round trip.
   *
   * Fails with `version_conflict` (conflict; details `expected`, `actual`) when the stream is elsewhere. In PostgreSQL an
   * append in a transaction that is older than the stream's last one is refused as a serialisation failure (SQLSTATE
   * 40001), since it would turn the stream round for whoever follows `readAll`: repeat the whole transaction, as
   * `createTransact` does by itself. Without `tx` the store repeats it.
   */
  append(
    stream: StreamName,
    expected: ExpectedVersion,
    events: readonly DomainEvent[],
    options?: AppendOptions,
  ): Promise<StreamHead>;
  /** In order of version; version and events are of one moment. */
  read<E extends DomainEvent = DomainEvent>(
    stream: StreamName,
    options?: ReadOptions,
  ): Promise<StreamSlice<E>>;
  findHead(stream: StreamName, options?: Readonly<{ tx?: AnyTx }>): Promise<StreamHead | undefined>;
  /**
   * What follows a position, in an order that never changes afterwards: events of transactions that may still be
   * overtaken by an older one are held back. `next` is the position to go on from, `undefined` when there was nothing.
   */
  readAll(
    options: ReadAllOptions,
  ): Promise<Readonly<{ events: readonly RecordedEvent[]; next: Position | undefined }>>;
  /** `undefined` when there is none, or only one of another schema. */
  findSnapshot<S>(
    stream: StreamName,
    schemaHash: string,
    options?: Readonly<{ tx?: AnyTx }>,
  ): Promise<Snapshot<S> | undefined>;
  /** Keeps one per stream and schema; an older version never replaces a newer one. */
  saveSnapshot(
    stream: StreamName,
    schemaHash: string,
    snapshot: Snapshot,
    options?: Readonly<{ tx?: AnyTx }>,
  ): Promise<void>;
}>;

/** What both adapters need; structural, so any clock and any source of ids will do. */
export type EventSources = Readonly<{
  clock: Readonly<{ now(): number }>;
  ids: Readonly<{ next(): string }>;
}>;
