import { type AnyDb, type AnyTx, createTransact } from '@gatehouse/database';
import type { Clock } from '@gatehouse/resilience';
import { sql } from 'kysely';
import { type Checkpoint, createCheckpoint } from './checkpoints.ts';
import { eventStoreError } from './event-store-errors.ts';
import { createParkedEvents } from './parked-events.ts';
import { laterOf } from './position.ts';
import { countAllEvents, countEventsAfter } from './projection-lag.ts';
import { type Build, createProjectionVersions, type Versions } from './projection-versions.ts';
import { createVersionedTables } from './versioned-tables.ts';

export type ReadModelVersionsDeps = Readonly<{
  name: string;
  db: AnyDb;
  tables: readonly string[];
  categories: readonly string[];
  clock: Clock;
  formerKeptMs: number;
  live: Checkpoint;
}>;

/** How far a rebuild is. `etaSeconds` is null until there is a rate to tell it by. */
export type RebuildReport = Readonly<{
  version: number;
  state: 'building' | 'failed';
  startedAt: string;
  doneEvents: number;
  /** Events there were when it began; more may have come. */
  totalEvents: number;
  eventsPerSecond: number;
  etaSeconds: number | null;
  /** Events that it could not apply. */
  parked: number;
  error?: string;
}>;

export type VersionsReport = Readonly<{
  /** Of the tables that everybody reads. */
  version: number;
  rebuild?: RebuildReport;
  /** What `revert` would put back. */
  former?: Readonly<{ version: number; until: string }>;
}>;

/** The key of a version that is not live, for its checkpoint and its parked events. */
export const keyOf = (projection: string, version: number): string => `${projection}@${version}`;

/** Asks for versions of a read model, exchanges them and forgets them; `rebuild.ts` fills the one that is being made. */
export const createReadModelVersions = (deps: ReadModelVersionsDeps) => {
  const { name, db, categories, clock, formerKeptMs, live } = deps;
  const transact = createTransact({ db, clock });
  const versions = createProjectionVersions(db, name);
  const tables = createVersionedTables(deps.tables);

  const discard = async (tx: AnyTx, version: number): Promise<void> => {
    await tables.drop(tx, version);
    const key = keyOf(name, version);
    await sql`delete from event_checkpoints where projection = ${key}`.execute(tx);
    await sql`delete from event_parked where projection = ${key}`.execute(tx);
    await sql`delete from event_skipped where projection = ${key}`.execute(tx);
  };

  /** A former version that was on its way back stays what it was. */
  const giveUp = async (tx: AnyTx, build: Build, former: Versions['former']): Promise<void> => {
    if (build.version !== former?.version) await discard(tx, build.version);
  };

  /** Tables, checkpoint, parked and skipped events, all at once. */
  const exchange = async (tx: AnyTx, { from, to }: Readonly<{ from: number; to: number }>): Promise<void> => {
    await tables.swap(tx, { live: from, next: to });
    await renameKey(tx, name, keyOf(name, from));
    await renameKey(tx, keyOf(name, to), name);
    const until = new Date(clock.now() + formerKeptMs);
    await versions.exchange(tx, { live: to, former: from, until });
  };

  return {
    /** Asks for a new one; while one is being made already, nothing changes. */
    async start(): Promise<void> {
      await live.find(); // nothing is built on positions of another cluster
      await transact(async (tx) => {
        const { build, newest, former } = await versions.take(tx);
        if (build?.state === 'building') return;
        if (build !== undefined) await giveUp(tx, build, former);
        const version = newest + 1;
        await tables.create(tx, version);
        await createCheckpoint(db, keyOf(name, version)).find(tx);
        const events = await countAllEvents(tx, categories);
        await versions.begin(tx, { version, at: new Date(clock.now()), events });
      });
    },

    /** Gives up the one that is being made, or failed; nothing changes when there is none. */
    async cancel(): Promise<void> {
      await transact(async (tx) => {
        const { build, former } = await versions.take(tx);
        if (build === undefined) return;
        await giveUp(tx, build, former);
        await versions.endBuild(tx);
      });
    },

    /**
     * The version that was built takes the place of the live one, which stands at `mark` and is held by `tx`. What the live
     * one's predecessor left goes; the live one becomes the way back.
     */
    async promote(tx: AnyTx, version: number): Promise<void> {
      const mark = await live.take(tx);
      const { live: replaced, former } = await versions.take(tx);
      if (former !== undefined && former.version !== version) await discard(tx, former.version);
      await exchange(tx, { from: replaced, to: version });
      await live.holdUpTo(tx, laterOf(mark.position, mark.heldUpTo));
      await versions.endBuild(tx);
    },

    /**
     * Has the former version brought up to date and put back, as a build that goes on from where it ended; what it replaces
     * is kept in its place. So nobody reads what is older than what was read before. Fails with `no_former_version`,
     * `rebuild_running`, `read_model_reshaped`.
     */
    async revert(): Promise<void> {
      await transact(async (tx) => {
        const { build, former } = await versions.take(tx);
        if (build?.state === 'building') throw eventStoreError('rebuild_running');
        if (former === undefined) throw eventStoreError('no_former_version');
        await tables.requireShape(tx, former.version);
        if (build !== undefined) await giveUp(tx, build, former);
        const { position } = await createCheckpoint(db, keyOf(name, former.version)).find(tx);
        const events = await countEventsAfter(tx, position, categories);
        await versions.begin(tx, { version: former.version, at: new Date(clock.now()), events });
      });
    },

    /** The way back is not kept for ever: it takes room, and no erasure reaches it. */
    async dropFormerInTime(): Promise<void> {
      const isOver = (former: Readonly<{ until: Date }> | undefined): boolean =>
        former !== undefined && former.until.getTime() <= clock.now();
      if (!isOver((await versions.find()).former)) return;
      await transact(async (tx) => {
        const { former } = await versions.take(tx);
        if (former === undefined || !isOver(former)) return;
        await discard(tx, former.version);
        await versions.forgetFormer(tx);
      });
    },

    async report(): Promise<VersionsReport> {
      const { live: version, build, former } = await versions.find();
      const parked = build && (await createParkedEvents(db, keyOf(name, build.version)).count());
      return {
        version,
        ...(build === undefined ? {} : { rebuild: toReport(build, clock.now(), parked ?? 0) }),
        ...(former === undefined
          ? {}
          : { former: { version: former.version, until: former.until.toISOString() } }),
      };
    },
  };
};

export type ReadModelVersions = ReturnType<typeof createReadModelVersions>;

const renameKey = async (tx: AnyTx, from: string, to: string): Promise<void> => {
  await sql`update event_checkpoints set projection = ${to} where projection = ${from}`.execute(tx);
  await sql`update event_parked set projection = ${to} where projection = ${from}`.execute(tx);
  await sql`update event_skipped set projection = ${to} where projection = ${from}`.execute(tx);
};

const toReport = (build: Build, now: number, parked: number): RebuildReport => {
  const { version, state, startedAt, doneEvents, totalEvents, error } = build;
  const seconds = (now - startedAt.getTime()) / 1000;
  const eventsPerSecond = seconds > 0 ? doneEvents / seconds : 0;
  const left = Math.max(0, totalEvents - doneEvents);
  return {
    version,
    state,
    startedAt: startedAt.toISOString(),
    doneEvents,
    totalEvents,
    eventsPerSecond: Math.round(eventsPerSecond),
    etaSeconds: eventsPerSecond > 0 && state === 'building' ? Math.ceil(left / eventsPerSecond) : null,
    parked,
    ...(error === undefined ? {} : { error }),
  };
};
