import { type AnyTx, createTransact, type Database, isDatabaseAway } from '@gatehouse/database';
import { type AppError, isAppError } from '@gatehouse/errors';
import { type Clock, type Repeating, repeat } from '@gatehouse/resilience';
import { createCheckpoint } from './checkpoints.ts';
import type { RecordedEvent } from './event-store.ts';
import { createParkedEvents, toErrorText } from './parked-events.ts';
import type { Position } from './position.ts';
import { createPositionWaiters } from './position-waiters.ts';
import { countEventsAfter, findLastPosition, findStall, type Stall } from './projection-lag.ts';
import { createReadAll } from './read-all.ts';
import type { Upcast } from './upcaster.ts';

export type ProjectionDeps = Readonly<{
  /** Also the key of its checkpoint: another name starts from the first event. */
  name: string;
  database: Database;
  categories: readonly string[];
  /** Applies one event; may see it again after a crash of the database's answer, so twice has to be once. */
  handle: (event: RecordedEvent, tx: AnyTx) => Promise<void>;
  clock: Clock;
  /** Between two looks when nobody gave a hint, 500 by default. */
  pollMs?: number;
  /** Events in one transaction, 200 by default, at most 1 000. */
  batch?: number;
  /** Tries before an event is parked, 3 by default. */
  tries?: number;
  upcast?: Upcast;
  /** Told of every failed try, before the next; to log it. */
  onError?: (error: unknown) => void;
}>;

/**
 * `running`: follows the events. `retrying`: an event failed and is tried again, the others wait behind it. `paused`: the
 * database is away. `failed`: the checkpoint belongs to another database cluster, a person has to decide. `stopped`: not
 * started, or stopped.
 */
export type ProjectionState = 'running' | 'retrying' | 'paused' | 'failed' | 'stopped';

export type ProjectionStatus = Readonly<{
  name: string;
  state: ProjectionState;
  position: Position;
  /** Events still to be applied, counted up to 10 000. */
  lagEvents: number;
  /** Events that failed for good and lie in `event_parked`. */
  parked: number;
  error?: string;
  /** The backend whose open transaction holds back events that are committed already. */
  stalledBy?: Stall;
}>;

export type Projection = Readonly<{
  name: string;
  start(): Promise<void>;
  /** Lets the batch at hand end. */
  stop(): Promise<void>;
  /** There may be something new; costs nothing and promises nothing. */
  hint(): void;
  status(): Promise<ProjectionStatus>;
  /** Whether the position was passed within the time; also when another instance does the work. */
  whenProcessed(position: Position, timeoutMs: number): Promise<boolean>;
  /** The same for everything that is committed when it is asked. */
  whenCaughtUp(timeoutMs: number): Promise<boolean>;
  /** One batch, without `start`; how many events it passed. */
  runOnce(): Promise<number>;
}>;

/**
 * Follows the events of its categories into a read model. The write and the checkpoint are one transaction, and the
 * checkpoint's row is the lock: any number of instances may run, one of them works at a time. A batch that fails is done
 * again event by event; the event that fails `tries` times is parked, and the ones after it go on. A database that is
 * away is no failure of an event.
 */
export const createProjection = (deps: ProjectionDeps): Projection => {
  const { name, database, categories, clock, upcast, onError } = deps;
  const { pollMs = 500, batch = 200, tries = 3 } = deps;
  const { db } = database;
  const readAll = createReadAll(db);
  const transact = createTransact({ db });
  const checkpoint = createCheckpoint(db, name);
  const parked = createParkedEvents(db, name);

  let loop: Repeating | undefined;
  let isStopping = false;
  let trouble: Readonly<{ state: 'retrying' | 'paused' | 'failed'; error: string }> | undefined;
  /** Events still to be taken one at a time, after a batch failed. */
  let singly = 0;
  let failing: Readonly<{ eventId: string; tries: number }> | undefined;
  const waiters = createPositionWaiters(clock, () => loop?.now());

  /** False when another instance was faster: nothing was done. */
  const apply = (events: readonly RecordedEvent[], from: Position, to: Position, giveUp?: unknown) =>
    transact(async (tx) => {
      if (!(await checkpoint.lock(tx, from))) return false;
      for (const recorded of events) {
        if (giveUp === undefined) {
          await deps.handle(upcast === undefined ? recorded : { ...recorded, event: upcast(recorded) }, tx);
        } else {
          await parked.park(tx, recorded, { error: giveUp, tries, at: clock.now() });
        }
      }
      if (!(await checkpoint.move(tx, from, to))) throw new Error(`${name}: a locked checkpoint moved`);
      return true;
    });

  const onFailedEvent = async (recorded: RecordedEvent, from: Position, error: unknown): Promise<number> => {
    failing = { eventId: recorded.id, tries: failing?.eventId === recorded.id ? failing.tries + 1 : 1 };
    trouble = { state: 'retrying', error: toErrorText(error) };
    if (failing.tries < tries || !(await apply([recorded], from, recorded.position, error))) return 0;
    return onPassed(1, recorded.position);
  };

  const onPassed = (count: number, to: Position): number => {
    [failing, trouble] = [undefined, undefined];
    singly = Math.max(0, singly - count);
    waiters.passed(to);
    return count;
  };

  const step = async (): Promise<number> => {
    const from = await checkpoint.find();
    waiters.passed(from);
    const { events, next } = await readAll({ after: from, limit: singly > 0 ? 1 : batch, categories });
    const [first] = events;
    if (first === undefined || next === undefined) {
      [failing, trouble, singly] = [undefined, undefined, 0];
      return 0;
    }
    try {
      return (await apply(events, from, next)) ? onPassed(events.length, next) : 0;
    } catch (error) {
      if (isDatabaseAway(error) || isUnavailable(error)) throw error;
      onError?.(error);
      if (events.length === 1) return onFailedEvent(first, from, error);
      singly = events.length;
      return step();
    }
  };

  const runOnce = async (): Promise<number> => {
    try {
      return await step();
    } catch (error) {
      const isPaused = isDatabaseAway(error) || isUnavailable(error);
      trouble = { state: isPaused ? 'paused' : 'failed', error: toErrorText(error) };
      throw error;
    }
  };

  const drain = async (): Promise<void> => {
    while (!isStopping && (await runOnce()) > 0);
  };

  return {
    name,
    runOnce,
    async start() {
      isStopping = false;
      loop ??= repeat({ clock, intervalMs: pollMs, task: drain, onError: (error) => onError?.(error) });
    },
    async stop() {
      isStopping = true;
      await loop?.stop();
      loop = undefined;
      waiters.close();
    },
    hint: () => loop?.now(),
    whenProcessed: (position, timeoutMs) => waiters.wait(position, timeoutMs),
    async whenCaughtUp(timeoutMs) {
      const last = await findLastPosition(db, categories);
      return last === undefined || waiters.wait(last, timeoutMs);
    },
    async status() {
      const position = await checkpoint.find().catch((error: unknown) => {
        if (isTimelineChanged(error)) return '0:0';
        throw error;
      });
      const stalledBy = await findStall(db, position, categories);
      return {
        name,
        state: trouble?.state ?? (loop === undefined ? 'stopped' : 'running'),
        position,
        lagEvents: await countEventsAfter(db, position, categories),
        parked: await parked.count(),
        ...(trouble === undefined ? {} : { error: trouble.error }),
        ...(stalledBy === undefined ? {} : { stalledBy }),
      };
    },
  };
};

const isUnavailable = (error: unknown): error is AppError =>
  isAppError(error) && error.kind === 'unavailable';
const isTimelineChanged = (error: unknown): boolean => isAppError(error) && error.code === 'timeline_changed';
