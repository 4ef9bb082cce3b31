import { type AnyDb, type AnyTx, createTransact } from '@gatehouse/database';
import { isAppError } from '@gatehouse/errors';
import type { Clock } from '@gatehouse/resilience';
import { type Checkpoint, createCheckpoint } from './checkpoints.ts';
import type { EventStore, RecordedEvent } from './event-store.ts';
import { type Cursor, createFollower, type Follower, isUnknownType } from './follower.ts';
import { createParkedEvents, toErrorText } from './parked-events.ts';
import { comparePositions, type Position } from './position.ts';
import { createProjectionVersions } from './projection-versions.ts';
import { createReadAll } from './read-all.ts';
import { keyOf, type ReadModelVersions } from './read-model-versions.ts';

/** More than so many events that cannot be applied are a fault of the code: the build fails instead of parking them all. */
const parkedLimit = 100;

export type RebuildDeps = Readonly<{
  name: string;
  db: AnyDb;
  categories: readonly string[];
  clock: Clock;
  batch: number;
  tries: number;
  live: Checkpoint;
  models: ReadModelVersions;
  /** Applies events to the tables of a version; has no side effects. Fails with `unknown_event_type`. */
  apply(events: readonly RecordedEvent[], tx: AnyTx, version: number): Promise<void>;
  onError?: ((error: unknown) => void) | undefined;
}>;

/**
 * Makes a read model anew from the first event, while the live one is read and written as ever. The new version follows to
 * where the live one is, never past it, without side effects; there it takes its place in one transaction, which moves the
 * names of the tables and the checkpoint together. All of it is in the database: any instance goes on where another ended.
 */
export const createRebuild = (deps: RebuildDeps) => {
  const { name, db, categories, clock, batch, tries, live, models } = deps;
  const transact = createTransact({ db, clock });
  const readAll = createReadAll(db);
  const versions = createProjectionVersions(db, name);
  let builder: Readonly<{ version: number; follower: Follower }> | undefined;

  const cursorOf = (version: number): Cursor => {
    const checkpoint = createCheckpoint(db, keyOf(name, version));
    return {
      find: () => checkpoint.find(),
      lock: async (tx, from) => (await versions.lockBuild(tx, version)) && checkpoint.lock(tx, from),
      move: async (tx, from, { to, events }) => {
        await versions.addDone(tx, events);
        return checkpoint.move(tx, from, to);
      },
    };
  };

  const readUpTo = async (
    read: EventStore['readAll'],
    { after, upTo, limit }: Readonly<{ after: Position; upTo: Position; limit: number }>,
  ) => {
    const { events: all } = await read({ after, limit, categories });
    const events = all.filter(({ position }) => comparePositions(position, upTo) <= 0);
    return { events, next: events.at(-1)?.position };
  };

  const followerOf = (version: number): Follower =>
    createFollower({
      name: keyOf(name, version),
      cursor: cursorOf(version),
      read: async (after, limit) => readUpTo(readAll, { after, limit, upTo: (await live.find()).position }),
      apply: (events, tx) => deps.apply(events, tx, version),
      parked: createParkedEvents(db, keyOf(name, version)),
      transact,
      clock,
      batch,
      tries,
      onReached: () => {},
      onError: deps.onError,
    });

  /** Nothing happens while it is not where the live one is: that one may have gone on meanwhile. */
  const takePlace = (version: number): Promise<void> =>
    transact(async (tx) => {
      if (!(await versions.lockBuild(tx, version))) return;
      const { position: mark } = await live.take(tx); // from here on the live one stands still
      const own = createCheckpoint(db, keyOf(name, version));
      const { position } = await own.take(tx);
      const { events } = await readUpTo(createReadAll(tx), { after: position, upTo: mark, limit: batch });
      if (events.length === batch) return;
      if (events.length > 0) await deps.apply(events, tx, version);
      await own.move(tx, position, mark);
      await models.promote(tx, version);
    });

  const step = async (): Promise<number> => {
    const { build } = await versions.find();
    if (build?.state !== 'building') {
      builder = undefined;
      await models.dropFormerInTime();
      return 0;
    }
    const { version } = build;
    if (builder?.version !== version) builder = { version, follower: followerOf(version) };
    const passed = await builder.follower.runOnce();
    if (passed === 0 && builder.follower.trouble() === undefined) await takePlace(version);
    else if ((await createParkedEvents(db, keyOf(name, version)).count()) > parkedLimit) {
      await versions.fail(version, `More than ${parkedLimit} events could not be applied.`);
    }
    return passed;
  };

  return {
    /** One batch of what is being built, or its end; how many events it passed. */
    async runOnce(): Promise<number> {
      try {
        return await step();
      } catch (error) {
        if (isTableBusy(error)) return 0; // somebody reads for long: at the next look
        if (builder === undefined || !(isUnknownType(error) || isReshaped(error))) throw error;
        await versions.fail(builder.version, toErrorText(error));
        return 0;
      }
    },
  };
};

/** SQLSTATE 55P03: a lock did not come in time. */
const isTableBusy = (error: unknown): boolean =>
  isAppError(error) && error.cause instanceof Error && 'code' in error.cause && error.cause.code === '55P03';

const isReshaped = (error: unknown): boolean => isAppError(error) && error.code === 'read_model_reshaped';
