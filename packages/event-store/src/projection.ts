import { type AnyTx, createTransact, type Database } from '@gatehouse/database';
import { isAppError } from '@gatehouse/errors';
import { type Clock, type Repeating, repeat } from '@gatehouse/resilience';
import { type RawBuilder, sql } from 'kysely';
import { createCheckpoint } from './checkpoints.ts';
import type { RecordedEvent } from './event-store.ts';
import { eventStoreError } from './event-store-errors.ts';
import { createFollower } from './follower.ts';
import { createParkedEvents } from './parked-events.ts';
import { createParkedRetry, type ProjectionParked } from './parked-retry.ts';
import { comparePositions, type Position, startPosition } from './position.ts';
import { createPositionWaiters } from './position-waiters.ts';
import { countEventsAfter, findLastPosition, findStall, type Stall } from './projection-lag.ts';
import { createReadAll } from './read-all.ts';
import { createReadModelVersions, type VersionsReport } from './read-model-versions.ts';
import { createRebuild } from './rebuild.ts';
import { createSkippedTypes, type SkippedType } from './skipped-types.ts';
import type { Upcast } from './upcaster.ts';
import { versionedName } from './versioned-tables.ts';

/** Events to be applied, in order, and where to. */
export type ProjectionBatch = Readonly<{
  events: readonly RecordedEvent[];
  tx: AnyTx;
  /** One of the projection's tables, in the version that is being written: for `from`, `insert into` and the like. */
  table(name: string): RawBuilder<unknown>;
  /** False when a former version of the read model had this event: then it has no side effect. */
  isNew(event: RecordedEvent): boolean;
}>;

export type ProjectionDeps = Readonly<{
  /** Also the key of its checkpoint: another name starts from the first event. */
  name: string;
  database: Database;
  categories: readonly string[];
  /** The types of event that `apply` knows; all when left out. Others are passed over and counted, and fail a rebuild. */
  types?: readonly string[];
  /** The tables of its read model, which a rebuild makes anew. Nothing else writes to them. */
  tables?: readonly string[];
  /** Applies some events; twice has to be once, since a crash may hide that it was done. */
  apply: (batch: ProjectionBatch) => Promise<void>;
  clock: Clock;
  /** Between two looks when nobody gave a hint, 500 by default. */
  pollMs?: number;
  /** Events in one transaction, 200 by default, at most 1 000. */
  batch?: number;
  /** Tries before an event is parked, 3 by default. */
  tries?: number;
  /** How long a rebuild leaves a way back; a day by default. */
  formerKeptMs?: number;
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

export type ProjectionStatus = VersionsReport &
  Readonly<{
    name: string;
    state: ProjectionState;
    position: Position;
    /** Events still to be applied, counted up to 10 000. */
    lagEvents: number;
    /** Events that failed for good and wait for a person: `parked.list`. */
    parked: number;
    /** Types that were passed over because nobody knew them. */
    skipped: readonly SkippedType[];
    error?: string;
    /** The backend whose open transaction holds back events that are committed already. */
    stalledBy?: Stall;
  }>;

export type Projection = Readonly<{
  name: string;
  categories: readonly string[];
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
  /** The same for the version that is being built. */
  rebuildOnce(): Promise<number>;
  /**
   * Asks for the read model to be made anew beside the live one; instances that are started do it and put it in place.
   * Asked again meanwhile, nothing changes.
   */
  rebuild(): Promise<void>;
  /** Gives up the rebuild that is being made, or failed. */
  cancelRebuild(): Promise<void>;
  /**
   * Asks for what the last rebuild replaced to be brought up to date and put back; it shows as a rebuild meanwhile. Fails
   * with `no_former_version`, `rebuild_running`, `read_model_reshaped`.
   */
  revert(): Promise<void>;
  parked: ProjectionParked;
}>;

const dayMs = 24 * 60 * 60 * 1000;

/**
 * Follows the events of its categories into a read model. The write and the checkpoint are one transaction, and the
 * checkpoint's row is the lock: any number of instances may run, one of them works at a time. See `follower.ts` for events
 * that fail, `rebuild.ts` for making it anew.
 */
export const createProjection = (deps: ProjectionDeps): Projection => {
  const { name, database, categories, tables = [], types, clock, upcast, onError } = deps;
  const { pollMs = 500, batch = 200, tries = 3, formerKeptMs = dayMs } = deps;
  const { db } = database;
  const known = types && new Set(types);
  const isKnown = ({ type }: RecordedEvent): boolean => known?.has(type) ?? true;
  const live = createCheckpoint(db, name);
  const parked = createParkedEvents(db, name);
  const skipped = createSkippedTypes(db, name);
  const transact = createTransact({ db, clock });
  const models = createReadModelVersions({ name, db, tables, categories, clock, formerKeptMs, live });
  let loops: readonly Repeating[] = [];
  let isStopping = false;
  const hint = (): void => loops[0]?.now();
  const waiters = createPositionWaiters(clock, hint);

  const lift = (events: readonly RecordedEvent[]): readonly RecordedEvent[] =>
    upcast === undefined ? events : events.map((recorded) => ({ ...recorded, event: upcast(recorded) }));

  const applyLive = async (all: readonly RecordedEvent[], tx: AnyTx, heldUpTo: Position): Promise<void> => {
    const events = all.filter(isKnown);
    const isNew = ({ position }: RecordedEvent) => comparePositions(position, heldUpTo) > 0;
    if (events.length > 0) await deps.apply({ events: lift(events), tx, table: sql.table, isNew });
    if (events.length < all.length)
      await skipped.note(
        tx,
        all.filter((event) => !isKnown(event)),
      );
  };

  const applyAnew = async (events: readonly RecordedEvent[], tx: AnyTx, version: number): Promise<void> => {
    const unknown = events.find((event) => !isKnown(event));
    if (unknown !== undefined) {
      const { type, stream } = unknown;
      const message = `"${type}" (${stream}, version ${unknown.version}) is not known to this version of the service.`;
      throw eventStoreError('unknown_event_type', { message, details: { type, stream } });
    }
    const table = (plain: string) => sql.table(versionedName(plain, version));
    await deps.apply({ events: lift(events), tx, table, isNew: () => false });
  };

  const readAll = createReadAll(db);
  const follower = createFollower({
    name,
    cursor: {
      find: () => live.find(),
      lock: live.lock,
      move: (tx, from, { to }) => live.move(tx, from, to),
    },
    read: (after, limit) => readAll({ after, limit, categories }),
    apply: applyLive,
    ...{ parked, transact, clock, batch, tries, onError },
    onReached: waiters.passed,
  });
  const rebuild = createRebuild({
    ...{ name, db, categories, clock, tries, live, models, onError },
    batch,
    apply: applyAnew,
  });

  const drain = (runOnce: () => Promise<number>) => async (): Promise<void> => {
    while (!isStopping && (await runOnce()) > 0);
  };
  const loop = (task: () => Promise<void>): Repeating =>
    repeat({ clock, intervalMs: pollMs, task, onError: (error) => onError?.(error) });

  return {
    name,
    categories,
    hint,
    runOnce: follower.runOnce,
    rebuildOnce: rebuild.runOnce,
    async start() {
      isStopping = false;
      if (loops.length === 0) loops = [loop(drain(follower.runOnce)), loop(drain(rebuild.runOnce))];
    },
    async stop() {
      isStopping = true;
      await Promise.all(loops.map((one) => one.stop()));
      loops = [];
      waiters.close();
    },
    whenProcessed: waiters.wait,
    async whenCaughtUp(timeoutMs) {
      const last = await findLastPosition(db, categories);
      return last === undefined || waiters.wait(last, timeoutMs);
    },
    async rebuild() {
      await models.start();
      loops[1]?.now();
    },
    cancelRebuild: models.cancel,
    async revert() {
      await models.revert();
      loops[1]?.now();
    },
    parked: createParkedRetry({ db, parked, live, apply: applyLive, clock }),
    async status() {
      const position = await live.find().then(
        (mark) => mark.position,
        (error: unknown) => {
          if (isTimelineChanged(error)) return startPosition;
          throw error;
        },
      );
      const stalledBy = await findStall(db, position, categories);
      const trouble = follower.trouble();
      return {
        name,
        state: trouble?.state ?? (loops.length === 0 ? 'stopped' : 'running'),
        position,
        lagEvents: await countEventsAfter(db, position, categories),
        parked: await parked.count(),
        skipped: await skipped.list(),
        ...(await models.report()),
        ...(trouble === undefined ? {} : { error: trouble.error }),
        ...(stalledBy === undefined ? {} : { stalledBy }),
      };
    },
  };
};

const isTimelineChanged = (error: unknown): boolean => isAppError(error) && error.code === 'timeline_changed';
