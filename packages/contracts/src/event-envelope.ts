import { z } from 'zod';
import { eventTypePattern } from './define-event.ts';
import { timestamp } from './values.ts';

/**
 * An event on its way between services: CloudEvents 1.0, structured JSON, with our extensions.
 *
 * - `id` is fixed when the outbox row is written; every repeat carries the same one, so a receiver can tell.
 * - `source` is the service that says it (`gatehouse/posts`), `subject` the aggregate's id.
 * - `correlationid` is the request that it all began with, `causationid` the command or event just before.
 * - `aggregateversion` counts the changes of one subject, from 1. Events of a subject arrive in its order, except for a
 *   replayed dead letter: whoever keeps state compares it.
 */
export type EventEnvelope<D = unknown> = Readonly<{
  specversion: '1.0';
  id: string;
  source: string;
  type: string;
  subject: string;
  time: string;
  datacontenttype: 'application/json';
  data: D;
  correlationid: string;
  causationid?: string;
  traceparent?: string;
  aggregateversion: number;
}>;

const text = (max: number) => z.string().min(1).max(max);

/** Checks an envelope that came over a wire. Unknown attributes are dropped; `data` is checked by its own contract. */
export const eventEnvelope: z.ZodType<EventEnvelope> = z.object({
  specversion: z.literal('1.0'),
  id: text(100),
  source: text(200),
  type: z.string().max(200).regex(eventTypePattern),
  subject: text(200),
  time: timestamp,
  datacontenttype: z.literal('application/json'),
  data: z.unknown(),
  correlationid: text(128),
  causationid: text(128).exactOptional(),
  traceparent: text(128).exactOptional(),
  aggregateversion: z.int().min(0),
});
