import { sql } from 'kysely';

/**
 * Appends in one round trip. A conflict is an answer (the caller's transaction stays usable), an older transaction is a
 * serialisation failure: its events would come before the stream's last ones in the order of `readAll`, so it has to be
 * repeated as a whole with a newer transaction id. `p_expected`: -1 any, 0 no stream, else the stream's version.
 */
export const appendToStream = sql`
create function append_to_stream(p_stream text, p_category text, p_expected integer, p_events jsonb,
  p_schema_version integer, p_correlation_id text, p_causation_id text, p_recorded_at timestamptz)
returns table (version integer, actual integer, "position" text)
language plpgsql as $function$
declare
  v_xid constant xid8 := pg_current_xact_id();
  v_count constant integer := jsonb_array_length(p_events);
  v_version integer;
  v_actual integer;
  v_last_xid xid8;
  v_seq bigint;
begin
  if p_expected > 0 then
    update event_streams s set version = s.version + v_count, last_xid = v_xid
    where s.stream = p_stream and s.version = p_expected and s.last_xid <= v_xid
    returning s.version into v_version;
  elsif p_expected = 0 then
    insert into event_streams as s (stream, category, version, last_xid)
    values (p_stream, p_category, v_count, v_xid)
    on conflict (stream) do nothing
    returning s.version into v_version;
  else
    insert into event_streams as s (stream, category, version, last_xid)
    values (p_stream, p_category, v_count, v_xid)
    on conflict (stream) do update set version = s.version + v_count, last_xid = v_xid where s.last_xid <= v_xid
    returning s.version into v_version;
  end if;

  if v_version is null then
    select s.version, s.last_xid into v_actual, v_last_xid from event_streams s where s.stream = p_stream;
    if v_last_xid > v_xid and p_expected in (-1, v_actual) then
      raise exception 'stream % was written by a newer transaction', p_stream using errcode = 'serialization_failure';
    end if;
    return query select null::integer, coalesce(v_actual, 0), null::text;
    return;
  end if;

  with written as (
    insert into events (xid, stream, version, category, id, type, schema_version, data,
      correlation_id, causation_id, recorded_at)
    select v_xid, p_stream, (v_version - v_count + e.ordinal)::integer, p_category, (e.item ->> 'id')::uuid,
      e.item ->> 'type', p_schema_version, e.item -> 'data', p_correlation_id, p_causation_id, p_recorded_at
    from jsonb_array_elements(p_events) with ordinality as e (item, ordinal)
    order by e.ordinal
    returning seq
  )
  select max(w.seq) into v_seq from written w;
  return query select v_version, v_version, v_xid::text || ':' || v_seq::text;
end
$function$`;
