import { z } from 'zod';
import type { EventDefinition } from './define-event.ts';
import { eventEnvelope } from './event-envelope.ts';

/** The exchange that every event goes to; its routing key is the channel's address. */
const exchange = { name: 'gatehouse.events', type: 'topic', durable: true, autoDelete: false, vhost: '/' };

/**
 * The events of the house as an AsyncAPI 3 document: a channel for each kind of event, which all of its versions share, a message
 * for each version, and the service that says it. Made from the contracts, so it says what the code checks.
 */
export const asyncApiOf = (
  byService: Readonly<Record<string, readonly EventDefinition[]>>,
  { version }: Readonly<{ version: string }>,
): Readonly<Record<string, unknown>> => {
  const all = Object.entries(byService).flatMap(([service, events]) =>
    events.map((event) => ({ service, event })),
  );
  const channels = Map.groupBy(all, ({ event }) => event.routingKey);
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Gatehouse events',
      version,
      description:
        'What the services announce. CloudEvents 1.0, structured JSON. Events of one subject arrive in order, each at least ' +
        'once under the same id; fields that a receiver does not know are to be ignored.',
      license: { name: 'MIT' },
    },
    defaultContentType: 'application/cloudevents+json',
    channels: mapValues(channels, (events, routingKey) => channelOf(routingKey, events)),
    operations: Object.fromEntries(
      [...channels].map(([routingKey, events]) => [`say.${routingKey}`, operationOf(routingKey, events)]),
    ),
    components: {
      messages: Object.fromEntries(all.map(({ event }) => [event.type, messageOf(event)])),
      schemas: {
        envelope: envelopeSchema(),
        ...Object.fromEntries(all.map(({ event }) => [event.type, schemaOf(event.data)])),
      },
    },
  };
};

type Said = Readonly<{ service: string; event: EventDefinition }>;

const channelOf = (routingKey: string, events: readonly Said[]) => ({
  address: routingKey,
  title: routingKey,
  messages: Object.fromEntries(
    events.map(({ event }) => [event.type, { $ref: `#/components/messages/${event.type}` }]),
  ),
  bindings: { amqp: { is: 'routingKey', exchange, bindingVersion: '0.3.0' } },
});

const operationOf = (routingKey: string, events: readonly Said[]) => ({
  action: 'send',
  channel: { $ref: `#/channels/${routingKey}` },
  summary: `Said by ${[...new Set(events.map(({ service }) => service))].join(', ')}.`,
  tags: [...new Set(events.map(({ service }) => service))].map((name) => ({ name })),
  bindings: { amqp: { deliveryMode: 2, mandatory: true, ack: true, bindingVersion: '0.3.0' } },
});

const messageOf = ({ type, description, version, routingKey }: EventDefinition) => ({
  name: type,
  title: `${routingKey}, version ${version}`,
  summary: description,
  contentType: 'application/cloudevents+json',
  correlationId: { location: '$message.payload#/correlationid' },
  payload: {
    allOf: [
      { $ref: '#/components/schemas/envelope' },
      {
        type: 'object',
        required: ['type', 'data'],
        properties: { type: { const: type }, data: { $ref: `#/components/schemas/${type}` } },
      },
    ],
  },
  bindings: { amqp: { contentEncoding: 'utf-8', messageType: type, bindingVersion: '0.3.0' } },
});

/** AsyncAPI's own schemas are of draft 7. */
const schemaOf = (schema: z.ZodType) => {
  const { $schema, '~standard': _, ...plain } = z.toJSONSchema(schema, { io: 'input', target: 'draft-7' });
  return plain;
};

const envelopeSchema = () => ({
  description: 'A CloudEvents 1.0 envelope with the extensions of Gatehouse.',
  ...schemaOf(eventEnvelope),
});

const mapValues = <V, R>(map: ReadonlyMap<string, V>, of: (value: V, key: string) => R): Record<string, R> =>
  Object.fromEntries([...map].map(([key, value]) => [key, of(value, key)]));
