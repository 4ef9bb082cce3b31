import { type EventEnvelope, parseEventType } from '@gatehouse/contracts';
import type { ConsumeMessage, Options } from 'amqplib';

/** A message as the broker takes it. */
export type EncodedEvent = Readonly<{
  id: string;
  routingKey: string;
  content: Buffer;
  properties: Options.Publish;
}>;

/** AMQP's short strings are at most 255 bytes. */
const shortString = (text: string): string | undefined => (Buffer.byteLength(text) <= 255 ? text : undefined);

/**
 * CloudEvents over AMQP, structured mode: the body is the whole envelope. The native properties repeat what a person wants
 * to see in the broker's own tools. `mandatory`: what no queue takes comes back.
 *
 * @throws TypeError when the event's type is none
 */
export const encodeEvent = (event: EventEnvelope): EncodedEvent => {
  const correlationId = shortString(event.correlationid);
  return {
    id: event.id,
    routingKey: parseEventType(event.type).routingKey,
    content: Buffer.from(JSON.stringify(event)),
    properties: {
      contentType: 'application/cloudevents+json',
      contentEncoding: 'utf-8',
      messageId: event.id,
      type: event.type,
      appId: event.source,
      timestamp: Math.floor(Date.parse(event.time) / 1000),
      deliveryMode: 2,
      mandatory: true,
      ...(correlationId === undefined ? {} : { correlationId }),
    },
  };
};

/**
 * The body of a message. What is no JSON becomes an object that shows it, so that it can be kept like any other
 * message that is no event: `{ unreadable, encoding: 'utf8' | 'base64', contentType, routingKey }`.
 */
export const decodeMessage = ({ content, properties, fields }: ConsumeMessage): unknown => {
  try {
    return JSON.parse(content.toString());
  } catch {
    const text = content.toString();
    const isText = Buffer.from(text).equals(content);
    return {
      unreadable: isText ? text : content.toString('base64'),
      encoding: isText ? 'utf8' : 'base64',
      contentType: String(properties.contentType ?? ''),
      routingKey: fields.routingKey,
    };
  }
};
