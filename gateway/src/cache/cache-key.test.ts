import { type Principal, permissionsOf } from '@gatehouse/auth';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cacheAddressOf, type KeyParts, variantKey } from './cache-key.ts';

const caller = (more: Partial<Principal> = {}): Principal => ({
  kind: 'user',
  id: 'u1',
  role: 'user',
  permissions: permissionsOf('user'),
  emailVerified: true,
  sessionId: 's',
  issuedAt: 0,
  expiresAt: 1,
  ...more,
});

const parts = (more: Partial<KeyParts> = {}): KeyParts => ({
  ...{ route: 'r', host: 'h', path: '/p', query: '?q', principal: undefined, vary: [] },
  ...more,
});

const entryOf = (more: Partial<KeyParts>): string => cacheAddressOf(parts(more)).entry;

describe('same GETs: the key of an answer', () => {
  it('has who asks in it: nobody’s, another’s, another role’s and another scope’s differ', () => {
    const keys = [
      undefined,
      caller(),
      caller({ id: 'u2' }),
      caller({ id: 'anonymous' }),
      caller({ role: 'admin' }),
      caller({ permissions: new Set(['posts:read'] as const) }),
      caller({ permissions: new Set(['posts:read', 'posts:create'] as const) }),
      caller({ emailVerified: false }),
    ].map((principal) => entryOf({ principal }));

    expect(new Set(keys).size).toBe(keys.length);
  });

  it('is the same for one caller in two sessions, however the scopes are ordered', () => {
    const one = caller({ permissions: new Set(['a:b', 'c:d'] as const) });
    const two = caller({ permissions: new Set(['c:d', 'a:b'] as const), sessionId: 'another', expiresAt: 2 });

    expect(entryOf({ principal: one })).toBe(entryOf({ principal: two }));
  });

  it('is the same for two spellings of one URI, and for no others', () => {
    expect(entryOf({ query: '?a=%7e%2f' })).toBe(entryOf({ query: '?a=~%2F' }));
    expect(entryOf({ query: '?' })).toBe(entryOf({ query: '' }));
    expect(entryOf({ host: 'A.example' })).toBe(entryOf({ host: 'a.EXAMPLE' }));
    expect(entryOf({ query: '?a=%2F' })).not.toBe(entryOf({ query: '?a=/' }));
    expect(entryOf({ query: '?a=1&b=2' })).not.toBe(entryOf({ query: '?b=2&a=1' }));
  });

  it('shows nothing of what was sent', () => {
    const { path, entry } = cacheAddressOf(
      parts({ query: '?token=geheim', principal: caller({ id: 'ada' }) }),
    );

    expect(`${path} ${entry}`).toMatch(/^[\w-]{43} [\w-]{43}$/);
  });

  it('is never that of another request, however its parts are cut (GHSA-v574-6498-x57v)', () => {
    const piece = fc.string({
      unit: fc.constantFrom('a', '/', '"', ',', '[', ']', '\\', '?', ' '),
      maxLength: 4,
    });
    const maybe = fc.option(piece, { nil: undefined });
    const request = fc.record({
      route: piece,
      host: maybe,
      path: piece,
      query: piece,
      vary: fc.array(maybe),
    });
    const same = (one: object, other: object): boolean => JSON.stringify(one) === JSON.stringify(other);
    const normal = (one: object & { host: string | undefined; query: string; vary: unknown[] }) => ({
      ...one,
      host: one.host ?? null,
      query: one.query === '?' ? '' : one.query,
    });

    fc.assert(
      fc.property(request, request, (one, other) => {
        expect(entryOf(one) === entryOf(other)).toBe(same(normal(one), normal(other)));
      }),
    );
  });
});

describe('same GETs: the key of a variant (Vary)', () => {
  it('tells a header that is missing from one that is empty', () => {
    expect(variantKey(['a'], {})).not.toBe(variantKey(['a'], { a: '' }));
    expect(variantKey(['a', 'b'], { a: 'x' })).not.toBe(variantKey(['a', 'b'], { b: 'x' }));
    expect(variantKey(['a'], { a: ' x ', other: '1' })).toBe(variantKey(['a'], { a: 'x' }));
  });
});
