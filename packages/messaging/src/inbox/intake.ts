import { createHash } from 'node:crypto';
import { type EventEnvelope, eventEnvelope, type Ids } from '@gatehouse/contracts';
import { type AnyDb, type AnyTx, type Transact, toDatabaseError } from '@gatehouse/database';
import { sql } from 'kysely';
import { insertDeadLetter } from '../dead-letter/insert-dead-letter.ts';
import { messagingError } from '../messaging-errors.ts';
import { toStorableJson } from '../storable-json.ts';
import type { StoreBatch } from '../transport.ts';

export type IntakeDeps = Readonly<{ db: AnyDb; transact: Transact; ids: Ids; onStored: () => void }>;

/**
 * The first step of the inbox: keeps a batch for a consumer in one transaction and does nothing else with it. What was
 * stored before is recognised by (consumer, event id). What is no event at all becomes a dead letter right here.
 */
export const createIntake =
  ({ db, transact, ids, onStored }: IntakeDeps) =>
  (consumer: string): StoreBatch =>
  async (batch) => {
    const events: EventEnvelope[] = [];
    const unreadable: unknown[] = [];
    for (const message of batch) {
      const parsed = eventEnvelope.safeParse(message);
      if (parsed.success) events.push(parsed.data);
      else unreadable.push(message);
    }
    if (unreadable.length === 0) {
      // A statement is a transaction by itself.
      await insertPending(db, consumer, events).catch((error: unknown) => {
        throw toDatabaseError(error);
      });
    } else {
      await transact(async (tx) => {
        await insertPending(tx, consumer, events);
        for (const raw of unreadable) await buryUnreadable(tx, { consumer, raw, ids });
      });
    }
    onStored();
  };

const insertPending = async (
  db: AnyDb,
  consumer: string,
  events: readonly EventEnvelope[],
): Promise<void> => {
  if (events.length === 0) return;
  await sql`-- prepared: inbox-store
    insert into inbox (consumer, event_id, key, aggregate_version, event)
    select ${consumer}, e.event ->> 'id', e.event ->> 'subject', (e.event ->> 'aggregateversion')::bigint, e.event
    from jsonb_array_elements(${toStorableJson(events)}::jsonb) with ordinality as e (event, place)
    order by e.place
    on conflict do nothing`.execute(db);
};

const buryUnreadable = async (
  tx: AnyTx,
  { consumer, raw, ids }: { consumer: string; raw: unknown; ids: Ids },
): Promise<void> => {
  const json = toStorableJson(raw);
  const eventId = `unreadable-${createHash('sha256').update(json).digest('hex')}`;
  const { rows } = await sql`
    insert into inbox (consumer, event_id, key, aggregate_version, event, state, settled_at)
    values (${consumer}, ${eventId}, ${eventId}, 0, 'null', 'dead', now())
    on conflict do nothing returning position`.execute(tx);
  if (rows.length === 0) return;
  await insertDeadLetter(tx, {
    id: ids.next(),
    consumer,
    eventId,
    event: undefined,
    raw: json,
    error: messagingError('event_unreadable', { message: 'The message is no event.' }),
    attempts: 0,
    firstFailedAt: undefined,
    replayOf: undefined,
  });
};
