import type { Principal } from '@gatehouse/auth';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import { created, noContent, ok } from './reply.ts';
import { type RouteInput, route } from './route.ts';

describe('a route', () => {
  it('is a value that answers without a socket', async () => {
    const greet = route('GET /api/greetings/:name', { auth: 'none', summary: 'Greet' }, ({ params }) =>
      ok(`hello ${params.name}`),
    );

    expect([greet.method, greet.path]).toEqual(['GET', '/api/greetings/:name']);
    expect(await greet.handle({ params: { name: 'Ada' } } as unknown as RouteInput)).toEqual({
      status: 200,
      data: 'hello Ada',
    });
  });

  it('gives its handler the types that it declares', () => {
    route(
      'POST /api/posts/:id/items/:itemId',
      {
        auth: 'verified',
        summary: 'Typed',
        body: z.strictObject({ text: z.string() }),
        query: z.strictObject({ dry: z.stringbool().default(false) }),
      },
      (input) => {
        expectTypeOf(input.body).toEqualTypeOf<{ text: string }>();
        expectTypeOf(input.query).toEqualTypeOf<{ dry: boolean }>();
        expectTypeOf(input.principal).toEqualTypeOf<Principal>();
        expectTypeOf(input.params.id).toBeString();
        expectTypeOf(input.params.itemId).toBeString();
        return created({});
      },
    );
    route('GET /api/posts', { auth: 'optional', summary: 'Typed' }, ({ principal, body }) => {
      expectTypeOf(principal).toEqualTypeOf<Principal | undefined>();
      expectTypeOf(body).toEqualTypeOf<undefined>();
      return noContent();
    });
  });

  it.each(['GET /api/', 'GET api', 'get /api', 'GET /api/:', 'GET /a/b*', 'GET /a?b=1'])(
    'with the pattern "%s" is a bug',
    (pattern) => {
      expect(() => route(pattern as 'GET /', { auth: 'none', summary: '' }, () => ok({}))).toThrow(Error);
    },
  );

  it('that keeps keys needs a caller to keep them for', () => {
    const options = { auth: 'none', summary: '', idempotent: true } as const;

    expect(() => route('POST /api/posts', options, () => ok({}))).toThrow(/needs one/);
  });
});
