import {
  type EventData,
  type EventDefinition,
  type EventEnvelope,
  isVersionOf,
  parseEventType,
  upcastTo,
} from '@gatehouse/contracts';
import type { AnyTx } from '@gatehouse/database';
import type { CatchUp } from './catch-up/catch-up.ts';
import { messagingError } from './messaging-errors.ts';
import { matchesTopic } from './topic.ts';

/**
 * Somebody who listens. `handle` runs in the transaction that also marks the message done: what it writes through `tx`
 * (its own outbox rows too) happens exactly once. It gets the events of a subject in order, except that a replayed dead
 * letter may come after newer ones: a handler that keeps state compares `aggregateversion`.
 */
export type Subscription = Readonly<{
  /** `<service>.<name>`: the name of its queue. Renaming it makes a new queue and leaves the former one's rows behind. */
  consumer: string;
  /** AMQP topic patterns over routing keys such as `post.created`, `user.*`, `#`. */
  patterns: readonly string[];
  handle(event: EventEnvelope, tx: AnyTx): Promise<void>;
  /** Throws what `handle` would throw for data that does not fit, without doing anything. */
  check?(event: EventEnvelope): void;
  /** What it needs to know of the time before its queue existed. */
  catchUp?: CatchUp;
}>;

export type EventHandler = Readonly<{
  pattern: string;
  accepts(event: EventEnvelope): boolean;
  /** The event with its data parsed. Throws AppError `event_invalid` (malformed). */
  parse(event: EventEnvelope): EventEnvelope;
  handle(event: EventEnvelope, tx: AnyTx): Promise<void>;
}>;

/**
 * Handles one kind of event. Its data is parsed by the contract before `handler` sees it; one of an earlier version comes as one
 * of this.
 */
export const on = <E extends EventDefinition>(
  definition: E,
  handler: (event: EventEnvelope<EventData<E>>, tx: AnyTx) => Promise<void>,
): EventHandler => ({
  pattern: definition.routingKey,
  accepts: (event) => isVersionOf(definition, event.type),
  parse: (event) => {
    const parsed = upcastTo(definition, event);
    if (parsed.success) return { ...event, type: definition.type, data: parsed.data };
    throw messagingError('event_unreadable', {
      message: `The data of ${event.type} does not fit its contract.`,
      details: {
        errors: parsed.error.issues.map(({ path, message }) => ({ path: toPointer(path), message })),
      },
    });
  },
  handle: (event, tx) => handler(event as EventEnvelope<EventData<E>>, tx),
});

/** Handles whatever matches an AMQP topic pattern (`comment.*`, `#`), unparsed: for those who pass events on. */
export const onMatching = (
  pattern: string,
  handler: (event: EventEnvelope, tx: AnyTx) => Promise<void>,
): EventHandler => ({
  pattern,
  accepts: (event) => matchesTopic(pattern, parseEventType(event.type).routingKey),
  parse: (event) => event,
  handle: handler,
});

/**
 * A consumer made of handlers. An event goes to each handler that accepts it, in their order; one that nobody accepts,
 * or whose data does not fit the contract, becomes a dead letter at once.
 */
export const createSubscription = <T>(parts: {
  consumer: string;
  handlers: readonly EventHandler[];
  catchUp?: CatchUp<T>;
}): Subscription => {
  const parseFor = (event: EventEnvelope): readonly (readonly [EventHandler, EventEnvelope])[] => {
    const accepting = parts.handlers.filter((handler) => handler.accepts(event));
    if (accepting.length === 0)
      throw messagingError('event_unknown', { message: `${parts.consumer} knows no ${event.type}.` });
    return accepting.map((handler) => [handler, handler.parse(event)] as const);
  };
  return {
    consumer: parts.consumer,
    patterns: [...new Set(parts.handlers.map((handler) => handler.pattern))],
    ...(parts.catchUp === undefined ? {} : { catchUp: parts.catchUp as CatchUp }),
    check: parseFor,
    handle: async (event, tx) => {
      for (const [handler, parsed] of parseFor(event)) await handler.handle(parsed, tx);
    },
  };
};

const toPointer = (path: readonly PropertyKey[]): string =>
  path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
