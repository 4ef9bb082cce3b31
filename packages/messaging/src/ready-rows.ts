/** A query that is kept in the database as a function, so that it can be planned in its own way. Its text is part of a migration: never changed. */
export type KeptQuery = Readonly<{
  name: string;
  parameters: readonly string[];
  /** Name and type. */
  columns: readonly (readonly [name: string, type: string])[];
  query: string;
}>;

/**
 * What a relay may send now. An unsent row is ready unless one of its subject that goes before it is held back, or stands behind it in
 * the table. (Versions and positions only disagree when a later change was written first; the earlier one then goes first, and this
 * one with the next batch.) Needs no snapshot of transaction ids: a change that builds on another sees it committed.
 */
export const outboxReady: KeptQuery = {
  name: 'outbox_ready',
  parameters: ['integer', 'integer', 'integer'],
  columns: [
    ['position', 'text'],
    ['event_id', 'text'],
    ['type', 'text'],
    ['subject', 'text'],
    ['aggregate_version', 'bigint'],
    ['time', 'timestamptz'],
    ['correlation_id', 'text'],
    ['causation_id', 'text'],
    ['traceparent', 'text'],
    ['data', 'jsonb'],
  ],
  query: `
    select o.position::text as position, o.event_id, o.type, o.subject, o.aggregate_version, o.time,
      o.correlation_id, o.causation_id, o.traceparent, o.data
    from outbox o
    where o.sent_at is null and (o.held_until is null or o.held_until <= now())
      and (hashtext(o.subject) & 2147483647) % $2 = $1
      and not exists (
        select 1 from outbox e
        where e.sent_at is null and e.subject = o.subject
          and (e.aggregate_version, e.position) < (o.aggregate_version, o.position)
          and (e.position > o.position or e.held_until > now()))
    order by o.position limit $3`,
};

/** Lanes of these consumers whose oldest pending message is due, longest waiting first. */
export const inboxReady: KeptQuery = {
  name: 'inbox_ready',
  parameters: ['text[]', 'integer'],
  columns: [
    ['consumer', 'text'],
    ['key', 'text'],
  ],
  query: `
    select i.consumer, i.key from inbox i
    where i.state = 'pending' and i.consumer = any($1) and i.due_at <= now()
      and not exists (
        select 1 from inbox e
        where e.state = 'pending' and e.consumer = i.consumer and e.key = i.key and e.position < i.position)
    order by i.position limit $2`,
};

/**
 * A queue's statistics are from when it was empty, and a plan for an empty queue reads and sorts all of it for each batch, or looks for
 * each row through all others: with a backlog the work for one message grew with the backlog. Without sorts, bitmaps and hashes the
 * index in order of position is what is left, which is read as far as the limit needs; and each call is planned by the size of
 * the tables as it is now (about half a millisecond), not once by what it was when the service started.
 */
export const createReadyFunction = ({ name, parameters, columns, query }: KeptQuery): string => `
  create function ${name}(${parameters.join(', ')})
  returns table (${columns.map(([column, type]) => `"${column}" ${type}`).join(', ')})
  language plpgsql stable
  set enable_sort = off set enable_bitmapscan = off set enable_seqscan = off
  set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_custom_plan
  as $function$
  #variable_conflict use_column
  begin
    return query ${query};
  end
  $function$`;
