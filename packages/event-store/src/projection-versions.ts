import type { AnyDb, AnyTx } from '@gatehouse/database';
import { sql } from 'kysely';

/**
 * Which versions of a read model there are. `live` is the one that everybody reads; `building` follows from the first event
 * until it is where `live` is, and then takes its place; `former` is what it replaced, kept for a while as a way back (which
 * it goes as a build again, from where it ended). A build is `failed` when a person has to look: it stands where it was, and harms nobody.
 */
export type Versions = Readonly<{
  live: number;
  newest: number;
  build?: Build;
  former?: Readonly<{ version: number; until: Date }>;
}>;

export type Build = Readonly<{
  version: number;
  state: 'building' | 'failed';
  startedAt: Date;
  /** Events of its categories when it began. */
  totalEvents: number;
  doneEvents: number;
  error?: string;
}>;

/** The row that says so. Whoever changes a version holds it, before the checkpoint of the live one. */
export const createProjectionVersions = (db: AnyDb, projection: string) => ({
  async find(): Promise<Versions> {
    return findVersions(db, projection);
  },

  /** Waits for the row and takes it for this transaction. */
  async take(tx: AnyTx): Promise<Versions> {
    await sql`
      insert into event_projection_versions (projection) values (${projection})
      on conflict (projection) do nothing`.execute(tx);
    await sql`select 1 from event_projection_versions where projection = ${projection} for update`.execute(
      tx,
    );
    return findVersions(tx, projection);
  },

  /** False when another instance has it, or that version is not being built any more. */
  async lockBuild(tx: AnyTx, version: number): Promise<boolean> {
    const { rows } = await sql`
      select 1 from event_projection_versions
      where projection = ${projection} and building = ${version} and build_state = 'building'
      for update skip locked`.execute(tx);
    return rows.length === 1;
  },

  async begin(
    tx: AnyTx,
    { version, at, events }: Readonly<{ version: number; at: Date; events: number }>,
  ): Promise<void> {
    await sql`
      update event_projection_versions set newest = greatest(newest, ${version}), building = ${version}, build_state = 'building',
        build_error = null, build_started_at = ${at}, build_total = ${events}, build_done = 0
      where projection = ${projection}`.execute(tx);
  },

  async addDone(tx: AnyTx, events: number): Promise<void> {
    await sql`
      update event_projection_versions set build_done = build_done + ${events}
      where projection = ${projection}`.execute(tx);
  },

  async fail(version: number, error: string): Promise<void> {
    await sql`
      update event_projection_versions set build_state = 'failed', build_error = ${error}
      where projection = ${projection} and building = ${version}`.execute(db);
  },

  async endBuild(tx: AnyTx): Promise<void> {
    await sql`
      update event_projection_versions set building = null, build_state = null, build_error = null
      where projection = ${projection}`.execute(tx);
  },

  async exchange(
    tx: AnyTx,
    { live, former, until }: Readonly<{ live: number; former: number; until: Date }>,
  ): Promise<void> {
    await sql`
      update event_projection_versions set live = ${live}, former = ${former}, former_until = ${until}
      where projection = ${projection}`.execute(tx);
  },

  async forgetFormer(tx: AnyTx): Promise<void> {
    await sql`
      update event_projection_versions set former = null, former_until = null
      where projection = ${projection}`.execute(tx);
  },
});

type VersionsRow = Readonly<{
  live: number;
  newest: number;
  building: number | null;
  build_state: 'building' | 'failed' | null;
  build_error: string | null;
  build_started_at: Date | null;
  build_total: string | null;
  build_done: string | null;
  former: number | null;
  former_until: Date | null;
}>;

const findVersions = async (db: AnyDb, projection: string): Promise<Versions> => {
  const { rows } = await sql<VersionsRow>`
    select live, newest, building, build_state, build_error, build_started_at, build_total, build_done, former,
      former_until
    from event_projection_versions where projection = ${projection}`.execute(db);
  const [row] = rows;
  if (row === undefined) return { live: 1, newest: 1 };
  const { live, newest, former, former_until } = row;
  const build = toBuild(row);
  return {
    live,
    newest,
    ...(build === undefined ? {} : { build }),
    ...(former === null || former_until === null ? {} : { former: { version: former, until: former_until } }),
  };
};

const toBuild = (row: VersionsRow): Build | undefined => {
  if (row.building === null || row.build_state === null || row.build_started_at === null) return undefined;
  return {
    version: row.building,
    state: row.build_state,
    startedAt: row.build_started_at,
    totalEvents: Number(row.build_total),
    doneEvents: Number(row.build_done),
    ...(row.build_error === null ? {} : { error: row.build_error }),
  };
};
