import type { EventData, EventDefinition } from '@gatehouse/contracts';

/** Something to be said once the transaction around it is committed. It becomes an envelope in the outbox. */
export type NewEvent = Readonly<{
  definition: EventDefinition;
  aggregateId: string;
  /** The aggregate's version after the change, from 1: the order in which its events are sent. */
  aggregateVersion: number;
  data: unknown;
}>;

/**
 * An event for `Outbox.append`. Several events of one change may carry the same version: they are sent in the order in
 * which they were appended.
 *
 * @example
 * await outbox.append(tx, [newEvent(PostDeleted, { aggregateId: post.id, aggregateVersion: post.version, data })]);
 */
export const newEvent = <E extends EventDefinition>(
  definition: E,
  event: { aggregateId: string; aggregateVersion: number; data: EventData<E> },
): NewEvent => ({ definition, ...event });
