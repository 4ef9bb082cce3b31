import type { AnyTx } from '@gatehouse/database';
import { type AppError, isAppError } from '@gatehouse/errors';
import type { Decider } from './decider.ts';
import type { DomainEvent, EventMetadata, EventStore } from './event-store.ts';
import { eventStoreError } from './event-store-errors.ts';
import type { Position } from './position.ts';
import { createStateLoader } from './state-loader.ts';
import { streamName } from './stream-name.ts';
import type { Upcast } from './upcaster.ts';

export type CommandHandlerDeps<C, E extends DomainEvent, S> = Readonly<{
  store: EventStore;
  decider: Decider<C, E, S>;
  category: string;
  /** Names the shape of the state; change it with the shape and older snapshots are ignored. */
  schemaHash?: string;
  /** Events between two snapshots, 100 by default. */
  snapshotEvery?: number;
  upcast?: Upcast;
  /** In which shape events are written, 1 by default. */
  schemaVersion?: number;
  /** What led to the command, asked at each append; usually messaging's `currentContext`. */
  metadata?: () => EventMetadata | undefined;
}>;

export type CommandOptions<S> = Readonly<{
  /** The version that the caller has seen (`If-Match`); another one is `precondition_failed`. */
  expectedVersion?: number;
  tx?: AnyTx;
  /** Runs on the state before anything else is decided; throws to refuse (whose is it, may this caller know of it). */
  guard?: (state: S) => void;
}>;

/** `before` and `state` are the states around the command; `events` is empty when it was done already. */
export type CommandResult<E, S> = Readonly<{
  version: number;
  /** Of the stream's last event; `undefined` only when there is no stream and nothing was decided. */
  position: Position | undefined;
  events: readonly E[];
  before: S;
  state: S;
}>;

export type CommandHandler<C, E, S> = (
  id: string,
  command: C,
  options?: CommandOptions<S>,
) => Promise<CommandResult<E, S>>;

/**
 * Loads a stream, decides, appends: one command against one stream, with the version as the lock.
 *
 * Fails with `precondition_failed` (stale) when `expectedVersion` is given and is not the stream's version, even if that
 * turns out only at the append; with `version_conflict` (conflict) when another writer won and no version was expected:
 * the caller repeats it, in a new transaction. Whatever the decider throws comes through.
 */
export const createCommandHandler = <C, E extends DomainEvent, S>(
  deps: CommandHandlerDeps<C, E, S>,
): CommandHandler<C, E, S> => {
  const { store, decider, category, schemaHash, snapshotEvery = 100, schemaVersion = 1, metadata } = deps;
  const load = createStateLoader(deps);

  return async (id, command, { expectedVersion, tx, guard } = {}) => {
    const stream = streamName(category, id);
    const transaction = tx === undefined ? {} : { tx };
    const { version, position, state: before } = await load(id, transaction);

    guard?.(before);
    if (expectedVersion !== undefined && expectedVersion !== version) {
      throw eventStoreError('precondition_failed', {
        details: { stream, expected: expectedVersion, actual: version },
      });
    }
    const events = decider.decide(command, before);
    if (events.length === 0) return { version, position, events, before, state: before };

    const context = metadata?.();
    const head = await store
      .append(stream, version, events, {
        ...transaction,
        schemaVersion,
        ...(context === undefined ? {} : { metadata: context }),
      })
      .catch((error: unknown) => {
        throw expectedVersion !== undefined && isVersionConflict(error)
          ? eventStoreError('precondition_failed', { details: error.details, cause: error })
          : error;
      });
    const state = events.reduce(decider.evolve, before);

    // In the same transaction, or after the append committed: never a snapshot of what may still be rolled back.
    const isDue = Math.floor(head.version / snapshotEvery) > Math.floor(version / snapshotEvery);
    if (schemaHash !== undefined && isDue) {
      const saved = store.saveSnapshot(stream, schemaHash, { version: head.version, state }, transaction);
      // Once the events are committed the command has succeeded; without a snapshot the next fold is longer, no more.
      await (tx === undefined ? saved.catch(() => undefined) : saved);
    }
    return { ...head, events, before, state };
  };
};

const isVersionConflict = (error: unknown): error is AppError =>
  isAppError(error) && error.code === 'version_conflict';
