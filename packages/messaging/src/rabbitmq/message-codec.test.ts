import type { ConsumeMessage } from 'amqplib';
import { describe, expect, it } from 'vitest';
import { eventNamed } from '../testing/transport-recorder.ts';
import { decodeMessage, encodeEvent } from './message-codec.ts';

const received = (content: Buffer): ConsumeMessage =>
  ({
    content,
    properties: { contentType: 'text/plain' },
    fields: { routingKey: 'post.created' },
  }) as ConsumeMessage;

describe('an event on the wire', () => {
  const event = { ...eventNamed('post', 'created', 'one'), correlationid: 'request 1' };

  it('is a structured CloudEvent, durable and mandatory, with what people look for in native properties', () => {
    const { id, routingKey, content, properties } = encodeEvent(event);
    expect([id, routingKey]).toEqual([event.id, 'post.created']);
    expect(JSON.parse(content.toString())).toEqual(event);
    expect(properties).toEqual({
      contentType: 'application/cloudevents+json',
      contentEncoding: 'utf-8',
      messageId: event.id,
      correlationId: 'request 1',
      type: 'gatehouse.post.created.v1',
      appId: 'gatehouse/test',
      timestamp: Date.UTC(2026, 0, 1) / 1000,
      deliveryMode: 2,
      mandatory: true,
    });
  });

  it('comes back as it was', () => {
    expect(decodeMessage(received(encodeEvent(event).content))).toEqual(event);
  });

  it('has no native correlation that AMQP could not carry', () => {
    const { properties } = encodeEvent({ ...event, correlationid: 'ü'.repeat(128) });
    expect(properties).not.toHaveProperty('correlationId');
  });
});

describe('a message that is no JSON', () => {
  it('becomes something that shows it', () => {
    expect(decodeMessage(received(Buffer.from('hallo')))).toEqual({
      unreadable: 'hallo',
      encoding: 'utf8',
      contentType: 'text/plain',
      routingKey: 'post.created',
    });
    expect(decodeMessage(received(Buffer.from([0xff, 0x00])))).toMatchObject({
      unreadable: '/wA=',
      encoding: 'base64',
    });
  });
});
