import type { AnyDb } from '@gatehouse/database';
import { sql } from 'kysely';

/**
 * What became of an event at one consumer. `pending`: its turn has not come; `waiting`: it has failed and is tried again at
 * `nextTryAt`; `dead`: see the dead letter.
 */
export type Delivery = Readonly<{
  eventId: string;
  consumer: string;
  state: 'pending' | 'waiting' | 'done' | 'dead';
  /** Tries that failed. */
  attempts: number;
  /** Of the last one that failed. */
  error?: string;
  receivedAt: string;
  firstFailedAt?: string;
  nextTryAt?: string;
  /** When it was done, or given up. */
  settledAt?: string;
  deadLetter?: Readonly<{ id: string; status: 'open' | 'replayed' | 'discarded' }>;
  /** The dead letter whose replay this is. */
  replayOf?: string;
}>;

export type Deliveries = Readonly<{
  /** Of these events, at most 1 000 of them, in order of arrival. Kept for 7 days after they were settled. */
  of(eventIds: readonly string[]): Promise<readonly Delivery[]>;
}>;

type Row = Readonly<{
  event_id: string;
  consumer: string;
  state: 'pending' | 'done' | 'dead';
  is_waiting: boolean;
  attempts: number;
  last_error: string | null;
  received_at: Date;
  first_failed_at: Date | null;
  due_at: Date;
  settled_at: Date | null;
  replay_of: string | null;
  dead_letter_id: string | null;
  dead_letter_status: 'open' | 'replayed' | 'discarded' | null;
}>;

export const createDeliveries = (db: AnyDb): Deliveries => ({
  of: async (eventIds) => {
    const { rows } = await sql<Row>`
      select i.event_id, i.consumer, i.state, i.due_at > now() as is_waiting, i.attempts, i.last_error, i.received_at,
        i.first_failed_at, i.due_at, i.settled_at, i.replay_of, d.id as dead_letter_id, d.status as dead_letter_status
      from inbox i left join dead_letters d
        on i.state = 'dead' and d.event_id = i.event_id and d.consumer = i.consumer
          and d.replay_of is not distinct from i.replay_of
      where i.event_id = any(${eventIds.slice(0, 1_000)}::text[])
      order by i.position limit 1000`.execute(db);
    return rows.map(toDelivery);
  },
});

const toDelivery = (row: Row): Delivery => {
  const isWaiting = row.state === 'pending' && row.is_waiting;
  return {
    eventId: row.event_id,
    consumer: row.consumer,
    state: isWaiting ? 'waiting' : row.state,
    attempts: row.attempts,
    ...(row.last_error === null ? {} : { error: row.last_error }),
    receivedAt: row.received_at.toISOString(),
    ...(row.first_failed_at === null ? {} : { firstFailedAt: row.first_failed_at.toISOString() }),
    ...(isWaiting ? { nextTryAt: row.due_at.toISOString() } : {}),
    ...(row.settled_at === null ? {} : { settledAt: row.settled_at.toISOString() }),
    ...(row.dead_letter_id === null || row.dead_letter_status === null
      ? {}
      : { deadLetter: { id: row.dead_letter_id, status: row.dead_letter_status } }),
    ...(row.replay_of === null ? {} : { replayOf: row.replay_of }),
  };
};
