import type { z } from 'zod';

/** `gatehouse.<aggregate>.<past tense>.v<N>`. */
export const eventTypePattern = /^gatehouse\.([a-z][a-z_]*)\.([a-z][a-z_]*)\.v([1-9]\d{0,3})$/;

export type EventType = `gatehouse.${string}.${string}.v${number}`;

/** What one kind of integration event is called, when it is said and what it carries. */
export type EventDefinition<Data extends z.ZodType = z.ZodType> = Readonly<{
  type: EventType;
  /** `post` of `gatehouse.post.created.v1`. */
  aggregate: string;
  /** `post.created`: what subscriptions match against. Every version of an event has the same one. */
  routingKey: string;
  version: number;
  description: string;
  data: Data;
  /** What it was before this version, and how data of then become data of now. */
  former?: FormerVersion;
}>;

/** One step of a chain of versions: pure, so that an event that waited for years is read as one of a second ago. */
export type FormerVersion = Readonly<{ definition: EventDefinition; upcast: (data: unknown) => unknown }>;

/** What an event of this definition carries, after parsing. */
export type EventData<E extends EventDefinition> = z.output<E['data']>;

/**
 * Declares an integration event; everything else about it follows from its type. Fields of `data` that the schema does
 * not name are dropped on both sides, so a later version may add optional ones.
 *
 * A change that is more than that makes a new version, in a file of its own; the former one stays as long as an outbox, an
 * inbox or a dead letter may have it, and `former: from(OrderCreatedV1, (data) => …)` says how it becomes the new one.
 *
 * @throws TypeError at start-up when the type is not of the form `gatehouse.<aggregate>.<past tense>.v<N>`, or `former` is
 * not the version just before of the same event
 */
export const defineEvent = <const Data extends z.ZodObject>(event: {
  type: EventType;
  description: string;
  data: Data;
  former?: FormerVersion;
}): EventDefinition<Data> => {
  const { aggregate, routingKey, version } = parseEventType(event.type);
  const before = event.former?.definition;
  if (before !== undefined && (before.routingKey !== routingKey || before.version !== version - 1))
    throw new TypeError(`${before.type} is not the version before ${event.type}`);
  return { ...event, aggregate, routingKey, version };
};

/**
 * The parts of an event's type.
 *
 * @throws TypeError when it is none
 */
export const parseEventType = (type: string): { aggregate: string; routingKey: string; version: number } => {
  const [, aggregate, name, version] = eventTypePattern.exec(type) ?? [];
  if (aggregate === undefined || name === undefined) throw new TypeError(`${type} is no event type`);
  return { aggregate, routingKey: `${aggregate}.${name}`, version: Number(version) };
};
