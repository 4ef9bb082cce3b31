import specs from '@asyncapi/specs';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { asyncApiOf } from './async-api.ts';
import { defineEvent, eventCatalogue, eventsByService, from } from './index.ts';

// biome-ignore lint/suspicious/noExplicitAny: a document that is looked into.
type Document = any;

const document: Document = asyncApiOf(eventsByService, { version: '1.2.3' });

const openAjv = (): Ajv => {
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats.default(ajv);
  return ajv;
};
/** The schema that the AsyncAPI Initiative publishes for documents of this version. */
const official = (): ValidateFunction => {
  const { '3.0.0': schema } = specs.schemasWithoutId;
  return openAjv().compile(schema as object);
};
const refsIn = (value: unknown): readonly string[] =>
  [...JSON.stringify(value).matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref = '']) => ref);
const find = (ref: string): unknown =>
  ref
    .slice(2)
    .split('/')
    .reduce<Document>((at, part) => at?.[part.replaceAll('~1', '/').replaceAll('~0', '~')], document);

describe('the AsyncAPI document, generated from the contracts', () => {
  it('is valid by the official JSON schema, which refuses one that is not', () => {
    const validate = official();
    expect(validate(document) ? [] : validate.errors).toEqual([]);
    for (const spoilt of [
      { ...document, asyncapi: '2.0.0' },
      { ...document, info: {} },
      { ...document, channels: { 'post.created': { address: 7 } } },
      { ...document, operations: { say: { action: 'shout', channel: { $ref: '#/channels/post.created' } } } },
    ])
      expect(validate(spoilt)).toBe(false);
  });

  it('has every event of the catalogue: its message, its channel and who says it', () => {
    expect(Object.keys(document.components.messages).sort()).toEqual(
      eventCatalogue.map(({ type }) => type).sort(),
    );
    for (const { type, routingKey } of eventCatalogue) {
      expect(document.channels[routingKey].messages).toHaveProperty([type]);
      expect(document.operations[`say.${routingKey}`].tags).toHaveLength(1);
    }
    expect(document.operations['say.order.confirmed'].tags).toEqual([{ name: 'orders' }]);
  });

  it('refers to nothing that is not there', () => {
    const refs = refsIn(document);
    expect(refs.length).toBeGreaterThan(50);
    expect(refs.filter((ref) => find(ref) === undefined)).toEqual([]);
  });

  it('describes messages as they are: one that a contract takes fits, others do not', () => {
    const ajv = openAjv();
    ajv.addSchema({ $id: 'house', ...document });
    const validate = ajv.compile({
      $ref: 'house#/components/messages/gatehouse.post.deleted.v1/payload',
    });
    const id = '01930000-0000-7000-8000-000000000001';
    const event = {
      specversion: '1.0',
      id,
      source: 'gatehouse/posts',
      type: 'gatehouse.post.deleted.v1',
      subject: id,
      time: '2026-01-01T00:00:00.000Z',
      datacontenttype: 'application/json',
      data: { postId: id, authorId: id },
      correlationid: 'request-1',
      aggregateversion: 3,
    };
    expect(validate(event) ? [] : validate.errors).toEqual([]);
    expect(validate({ ...event, data: { postId: id } })).toBe(false);
    expect(validate({ ...event, type: 'gatehouse.post.created.v1' })).toBe(false);
    expect(validate({ ...event, aggregateversion: undefined })).toBe(false);
  });

  it('has the versions of an event in one channel', () => {
    const one = defineEvent({ type: 'gatehouse.post.moved.v1', description: 'One.', data: z.object({}) });
    const two = defineEvent({
      type: 'gatehouse.post.moved.v2',
      description: 'Two.',
      data: z.object({}),
      former: from(one, () => ({})),
    });
    const both: Document = asyncApiOf({ posts: [one, two] }, { version: '1' });
    expect(Object.keys(both.channels)).toEqual(['post.moved']);
    expect(Object.keys(both.channels['post.moved'].messages)).toEqual([one.type, two.type]);
    expect(official()(both)).toBe(true);
  });
});
