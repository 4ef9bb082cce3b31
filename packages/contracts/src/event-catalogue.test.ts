import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { findBreakingChanges } from './compatibility.ts';
import { eventReference } from './event-reference.ts';
import { schemasOf } from './event-schemas.ts';
import { defineEvent, eventCatalogue, eventsByService, findEventDefinition } from './index.ts';

const recordedSchemas = join(import.meta.dirname, 'event-schemas.snap');
const reference = join(import.meta.dirname, '../../../docs/reference/events.md');

describe('the catalogue', () => {
  it('lists every event that has a file', () => {
    const files = globSync('*/*.ts', { cwd: import.meta.dirname }).filter((file) =>
      readFileSync(join(import.meta.dirname, file), 'utf8').includes('defineEvent('),
    );
    expect(eventCatalogue).toHaveLength(files.length);
    expect(files.length).toBeGreaterThan(20);
  });

  it('knows which service says what: the one whose folder has the file', () => {
    for (const [service, events] of Object.entries(eventsByService)) {
      const files = globSync(`${service}/*.ts`, { cwd: import.meta.dirname }).map((file) =>
        readFileSync(join(import.meta.dirname, file), 'utf8'),
      );
      for (const { type } of events)
        expect(files.filter((text) => text.includes(`'${type}'`))).toHaveLength(1);
    }
  });

  it('has each type once and finds it', () => {
    expect(new Set(eventCatalogue.map(({ type }) => type)).size).toBe(eventCatalogue.length);
    for (const definition of eventCatalogue) expect(findEventDefinition(definition.type)).toBe(definition);
    expect(findEventDefinition('gatehouse.post.lost.v1')).toBeUndefined();
  });

  it('changes only by additional optional fields (-u records them)', async () => {
    const schemas = schemasOf(eventCatalogue);
    const recorded: Record<string, unknown> = existsSync(recordedSchemas)
      ? JSON.parse(readFileSync(recordedSchemas, 'utf8'))
      : {};
    const breaking = Object.keys(recorded).flatMap((type) =>
      type in schemas ? findBreakingChanges(recorded[type], schemas[type], type) : [`${type}: is gone`],
    );
    expect(breaking).toEqual([]);
    await expect(`${JSON.stringify(schemas, undefined, 2)}\n`).toMatchFileSnapshot(recordedSchemas);
  });

  it('is what docs/reference/events.md says (-u writes it)', async () => {
    await expect(eventReference(eventCatalogue)).toMatchFileSnapshot(reference);
  });
});

describe('a change of a contract', () => {
  const schemaOf = (data: z.ZodObject) =>
    Object.values(schemasOf([defineEvent({ type: 'gatehouse.post.changed.v1', description: '', data })]))[0];
  const before = schemaOf(z.object({ a: z.string(), list: z.array(z.object({ b: z.int() })) }));
  const changed = (data: z.ZodObject) => findBreakingChanges(before, schemaOf(data));
  const list = z.array(z.object({ b: z.int() }));

  it('may add an optional field, at any depth', () => {
    const next = z.object({
      a: z.string().meta({ description: 'said better' }),
      list: z.array(z.object({ b: z.int(), d: z.string().optional() })),
      c: z.string().optional(),
    });
    expect(changed(next)).toEqual([]);
  });

  it.each([
    ['takes a field away', z.object({ list })],
    ['renames one', z.object({ A: z.string(), list })],
    ['asks for more', z.object({ a: z.string(), list, c: z.string() })],
    ['asks for less', z.object({ a: z.string().optional(), list })],
    ['changes a type', z.object({ a: z.int(), list })],
    ['allows null', z.object({ a: z.string().nullable(), list })],
    ['narrows values', z.object({ a: z.enum(['x']), list })],
    ['changes a list', z.object({ a: z.string(), list: z.array(z.object({ b: z.string() })) })],
  ])('is refused when it %s', (_, next) => {
    expect(changed(next)).not.toEqual([]);
  });
});

describe('an event', () => {
  it('has all its names from its type', () => {
    const event = defineEvent({
      type: 'gatehouse.user.role_changed.v2',
      description: '',
      data: z.object({}),
    });
    expect(event).toMatchObject({ aggregate: 'user', routingKey: 'user.role_changed', version: 2 });
  });

  it.each(['gatehouse.Post.created.v1', 'gatehouse.post.v1', 'post.created.v1', 'gatehouse.post.created.v0'])(
    'cannot be called %s',
    (type) => {
      expect(() => defineEvent({ type: type as never, description: '', data: z.object({}) })).toThrow(
        TypeError,
      );
    },
  );
});
