import type { AnyDb } from '@gatehouse/database';
import { sql } from 'kysely';
import type { Position } from './position.ts';
import type { StreamName } from './stream-name.ts';

/** A recorded event without its data, and where it could not be applied. */
export type Change = Readonly<{
  id: string;
  stream: StreamName;
  category: string;
  version: number;
  position: Position;
  type: string;
  causationId?: string;
  recordedAt: string;
  /** Projections that have put it aside. */
  parked: readonly Readonly<{ projection: string; error: string; tries: number }>[];
}>;

type Row = Readonly<{
  id: string;
  stream: StreamName;
  category: string;
  version: number;
  position: Position;
  type: string;
  causation_id: string | null;
  recorded_at: Date;
  parked: Change['parked'];
}>;

const changesLimit = 1_000;

/**
 * What was recorded under a correlation id in the streams of the given ids, in whichever category, in order of recording. By the
 * streams, because an index of all correlation ids would cost each append more than a rare question is worth.
 */
export const findChanges = async (
  db: AnyDb,
  correlationId: string,
  streamIds: readonly string[],
): Promise<readonly Change[]> => {
  const { rows } = await sql<Row>`
    with recursive categories (category) as (
      (select category from events order by category limit 1)
      union all
      select (select e.category from events e where e.category > c.category order by e.category limit 1)
      from categories c where c.category is not null
    )
    select e.id, e.stream, e.category, e.version, e.xid::text || ':' || e.seq::text as position, e.type,
      e.causation_id, e.recorded_at,
      coalesce((
        select jsonb_agg(jsonb_build_object('projection', p.projection, 'error', p.error, 'tries', p.tries)
          order by p.projection)
        from event_parked p where p.stream = e.stream and p.version = e.version), '[]') as parked
    from categories c cross join unnest(${[...streamIds]}::text[]) as s (id)
      join events e on e.stream = c.category || '-' || s.id
    where c.category is not null and e.correlation_id = ${correlationId}
    order by e.xid, e.seq limit ${changesLimit}`.execute(db);
  return rows.map(({ causation_id, recorded_at, ...row }) => ({
    ...row,
    ...(causation_id === null ? {} : { causationId: causation_id }),
    recordedAt: recorded_at.toISOString(),
  }));
};
