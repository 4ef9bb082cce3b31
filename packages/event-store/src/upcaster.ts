import type { DomainEvent, RecordedEvent } from './event-store.ts';

/** An event of an older shape as today's; pure. */
export type Upcast = (recorded: RecordedEvent) => DomainEvent;

/** One step: from the shape of one schema version to that of the next. */
export type UpcastStep = (event: DomainEvent) => DomainEvent;

/**
 * A chain of pure steps by event type: the step at index 0 takes schema version 1 to 2, and so on. A type that is not
 * listed, or an event written in the newest shape, stays as it is.
 *
 * @example
 * createUpcaster({ 'order-created': [(event) => ({ ...event, items: [] })] });
 */
export const createUpcaster =
  (steps: Readonly<Record<string, readonly UpcastStep[]>>): Upcast =>
  ({ type, schemaVersion, event }) =>
    (steps[type] ?? []).slice(schemaVersion - 1).reduce<DomainEvent>((older, step) => step(older), event);
