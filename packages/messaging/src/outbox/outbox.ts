import type { Ids } from '@gatehouse/contracts';
import { type AnyTx, runText } from '@gatehouse/database';
import type { Clock } from '@gatehouse/resilience';
import { sql } from 'kysely';
import { currentContext } from '../message-context.ts';
import { messagingError } from '../messaging-errors.ts';
import type { NewEvent } from '../new-event.ts';
import { toStorableJson, toStorableText } from '../storable-json.ts';

export type Outbox = Readonly<{
  /**
   * Writes events into the caller's transaction: they are sent if and only if it commits, in order of
   * `aggregateVersion` within an aggregate. Call `hint` after the commit to have them sent at once. Outside of
   * `runInContext` an event begins a correlation of its own.
   *
   * @throws AppError `event_invalid` (internal) when data does not fit its contract; `event_too_large` (internal) over 1 MiB
   */
  append(tx: AnyTx, events: readonly NewEvent[]): Promise<void>;
}>;

const dataLimitBytes = 1024 * 1024;

export type OutboxDeps = Readonly<{
  clock: Clock;
  ids: Ids;
  /** Something was written, in a transaction that is still open. */
  onAppend?: () => void;
}>;

export const createOutbox = ({ clock, ids, onAppend = () => {} }: OutboxDeps): Outbox => {
  const toRow = (event: NewEvent): Row => {
    const id = ids.next();
    const context = currentContext();
    return {
      event_id: id,
      type: event.definition.type,
      subject: event.aggregateId,
      aggregate_version: event.aggregateVersion,
      time: new Date(clock.now()).toISOString(),
      correlation_id: context?.correlationId ?? id,
      causation_id: context?.causationId ?? null,
      traceparent: context?.traceparent ?? null,
      command: context?.command ?? null,
      data: checkedData(event),
    };
  };

  return {
    append: async (tx, events) => {
      const [first] = events;
      if (first === undefined) return;
      if (events.length === 1) await insertOne(tx, toRow(first));
      else await insertMany(tx, events.map(toRow));
      onAppend();
    },
  };
};

type Row = Readonly<{
  event_id: string;
  type: string;
  subject: string;
  aggregate_version: number;
  time: string;
  correlation_id: string;
  causation_id: string | null;
  traceparent: string | null;
  command: string | null;
  data: unknown;
}>;

const insertOneText = `-- prepared: outbox-append
  insert into outbox
    (event_id, type, subject, aggregate_version, time, correlation_id, causation_id, traceparent, command, data)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb)`;

/** By far the most common: no list to be taken apart. */
const insertOne = async (tx: AnyTx, row: Row): Promise<void> => {
  await runText(tx, insertOneText, [
    row.event_id,
    row.type,
    toStorableText(row.subject),
    row.aggregate_version,
    row.time,
    toStorableText(row.correlation_id),
    row.causation_id,
    row.traceparent,
    row.command,
    toStorableJson(row.data),
  ]);
};

/** One statement for any number of rows; identity follows the order of the array. */
const insertMany = async (tx: AnyTx, rows: readonly Row[]): Promise<void> => {
  await sql`-- prepared: outbox-append-many
    insert into outbox
      (event_id, type, subject, aggregate_version, time, correlation_id, causation_id, traceparent, command, data)
    select e.row ->> 'event_id', e.row ->> 'type', e.row ->> 'subject', (e.row ->> 'aggregate_version')::bigint,
      (e.row ->> 'time')::timestamptz, e.row ->> 'correlation_id', e.row ->> 'causation_id',
      e.row ->> 'traceparent', e.row ->> 'command', e.row -> 'data'
    from jsonb_array_elements(${toStorableJson(rows)}::jsonb) with ordinality as e (row, place)
    order by e.place`.execute(tx);
};

const checkedData = ({ definition, data }: NewEvent): unknown => {
  const parsed = definition.data.safeParse(data);
  if (!parsed.success)
    throw messagingError('event_invalid', {
      message: `The data of ${definition.type} does not fit its contract.`,
      cause: parsed.error,
    });
  if (Buffer.byteLength(JSON.stringify(parsed.data)) > dataLimitBytes)
    throw messagingError('event_too_large', { message: `The data of ${definition.type} is over 1 MiB.` });
  return parsed.data;
};
