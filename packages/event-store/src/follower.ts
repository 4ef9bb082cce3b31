import { type AnyTx, isDatabaseAway, type Transact } from '@gatehouse/database';
import { isAppError } from '@gatehouse/errors';
import type { Clock } from '@gatehouse/resilience';
import type { Mark } from './checkpoints.ts';
import type { RecordedEvent } from './event-store.ts';
import { type ParkedEvents, toErrorText } from './parked-events.ts';
import type { Position } from './position.ts';

/** Where a follower is and how it gets on: `lock` and `move` are false when another instance was faster. */
export type Cursor = Readonly<{
  find(): Promise<Mark>;
  lock(tx: AnyTx, from: Position): Promise<boolean>;
  move(tx: AnyTx, from: Position, step: Readonly<{ to: Position; events: number }>): Promise<boolean>;
}>;

type Page = Readonly<{ events: readonly RecordedEvent[]; next: Position | undefined }>;

export type FollowerDeps = Readonly<{
  name: string;
  cursor: Cursor;
  read(after: Position, limit: number): Promise<Page>;
  apply(events: readonly RecordedEvent[], tx: AnyTx, heldUpTo: Position): Promise<void>;
  parked: Pick<ParkedEvents, 'park'>;
  transact: Transact;
  clock: Clock;
  batch: number;
  tries: number;
  /** Told of every place that is known to be reached, whoever did the work. */
  onReached(position: Position): void;
  onError?: ((error: unknown) => void) | undefined;
}>;

/** `retrying`: an event failed and is tried again. `paused`: the database is away. `failed`: a person has to decide. */
export type Trouble = Readonly<{ state: 'retrying' | 'paused' | 'failed'; error: string }>;

/**
 * Takes events in order, batch by batch: effect and checkpoint in one transaction. A batch that fails is done again event by
 * event; the event that fails `tries` times is parked, and the ones after it go on. A database that is away is no failure
 * of an event, and neither is a type that must be known.
 */
export const createFollower = (deps: FollowerDeps) => {
  const { name, cursor, parked, transact, clock, batch, tries } = deps;
  let trouble: Trouble | undefined;
  /** Events still to be taken one at a time, after a batch failed. */
  let singly = 0;
  let failing: Readonly<{ eventId: string; tries: number; firstAt: number }> | undefined;

  /** False when another instance was faster: nothing was done. */
  const apply = (events: readonly RecordedEvent[], from: Mark, to: Position, giveUp?: unknown) =>
    transact(async (tx) => {
      if (!(await cursor.lock(tx, from.position))) return false;
      if (giveUp === undefined) await deps.apply(events, tx, from.heldUpTo);
      else await park(tx, events, giveUp);
      if (!(await cursor.move(tx, from.position, { to, events: events.length }))) {
        throw new Error(`${name}: a locked checkpoint moved`);
      }
      return true;
    });

  const park = async (tx: AnyTx, events: readonly RecordedEvent[], error: unknown): Promise<void> => {
    const at = clock.now();
    for (const recorded of events) {
      await parked.park(tx, recorded, { error, tries, firstAt: failing?.firstAt ?? at, at });
    }
  };

  const onFailedEvent = async (recorded: RecordedEvent, from: Mark, error: unknown): Promise<number> => {
    failing =
      failing?.eventId === recorded.id
        ? { ...failing, tries: failing.tries + 1 }
        : { eventId: recorded.id, tries: 1, firstAt: clock.now() };
    trouble = { state: 'retrying', error: toErrorText(error) };
    if (failing.tries < tries || !(await apply([recorded], from, recorded.position, error))) return 0;
    return onPassed(1, recorded.position);
  };

  const onPassed = (count: number, to: Position): number => {
    [failing, trouble] = [undefined, undefined];
    singly = Math.max(0, singly - count);
    deps.onReached(to);
    return count;
  };

  const step = async (): Promise<number> => {
    const from = await cursor.find();
    deps.onReached(from.position);
    const { events, next } = await deps.read(from.position, singly > 0 ? 1 : batch);
    const [first] = events;
    if (first === undefined || next === undefined) {
      [failing, trouble, singly] = [undefined, undefined, 0];
      return 0;
    }
    try {
      return (await apply(events, from, next)) ? onPassed(events.length, next) : 0;
    } catch (error) {
      if (isUnavailable(error) || isUnknownType(error)) throw error;
      deps.onError?.(error);
      if (events.length === 1) return onFailedEvent(first, from, error);
      singly = events.length;
      return step();
    }
  };

  return {
    /** One batch; how many events it passed. */
    async runOnce(): Promise<number> {
      try {
        return await step();
      } catch (error) {
        trouble = { state: isUnavailable(error) ? 'paused' : 'failed', error: toErrorText(error) };
        throw error;
      }
    },
    trouble: (): Trouble | undefined => trouble,
  };
};

export type Follower = ReturnType<typeof createFollower>;

export const isUnavailable = (error: unknown): boolean =>
  isDatabaseAway(error) || (isAppError(error) && error.kind === 'unavailable');

export const isUnknownType = (error: unknown): boolean =>
  isAppError(error) && error.code === 'unknown_event_type';
