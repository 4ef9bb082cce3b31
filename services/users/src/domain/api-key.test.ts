import { describe, expect, it } from 'vitest';
import { type ApiKey, parseWantedApiKey, type RoleHolds, rightsOf, secondsLeft } from './api-key.ts';
import { registerUser } from './user.ts';

const at = '2026-01-01T00:00:00.000Z';
const nowMs = Date.parse(at);
const person = { email: 'a@example.com', firstName: 'A', lastName: 'B', passwordHash: 'h', id: 'u1', at };
const user = registerUser(person).user;
const admin = registerUser({ ...person, role: 'admin' }).user;
const roleHolds: RoleHolds = (role, scope) => role === 'admin' || scope.startsWith('posts:');
const keyWith = (...scopes: string[]): ApiKey => ({
  ...{ id: 'k1', userId: 'u1', name: 'backup', createdAt: at },
  scopes,
});
const parse = (wanted: Partial<Parameters<typeof parseWantedApiKey>[0]>) =>
  parseWantedApiKey(
    { name: 'backup', scopes: ['posts:read'], ...wanted },
    { role: 'user', roleHolds, nowMs },
  );

describe('the wish for an API key', () => {
  it('is kept without blanks around it and without repeats', () => {
    expect(parse({ name: ' backup ', scopes: ['posts:read', 'posts:read'] })).toEqual({
      name: 'backup',
      scopes: ['posts:read'],
    });
  });

  it.each([
    ['no name', { name: '  ' }, '/name'],
    ['a long name', { name: 'x'.repeat(101) }, '/name'],
    ['no scope', { scopes: [] }, '/scopes'],
    ['too many scopes', { scopes: Array.from({ length: 33 }, () => 'posts:read') }, '/scopes'],
    ['a scope that the owner does not have', { scopes: ['posts:read', 'orders:read'] }, '/scopes/1'],
    ['a scope that is none', { scopes: ['posts:read posts:create'] }, '/scopes/0'],
    ['an end in the past', { expiresAt: at }, '/expiresAt'],
  ])('is refused with %s', (_, wanted, path) => {
    expect(() => parse(wanted)).toThrow(
      expect.objectContaining({
        code: 'validation_failed',
        details: { errors: [expect.objectContaining({ path })] },
      }),
    );
  });

  it('is refused with every field at fault', () => {
    expect(() => parse({ name: '', scopes: ['x'], expiresAt: at })).toThrow(
      expect.objectContaining({ details: { errors: [1, 2, 3].map(() => expect.anything()) } }),
    );
  });
});

describe('the rights of an API key', () => {
  it('are its scopes that the owner still has', () => {
    expect(rightsOf(keyWith('posts:read', 'orders:read'), user, roleHolds)).toEqual({
      role: 'user',
      scopes: ['posts:read'],
    });
  });

  it('are those of an administrator with a key for everything alone', () => {
    expect(rightsOf(keyWith('*:*'), admin, roleHolds).role).toBe('admin');
    expect(rightsOf(keyWith('posts:read', 'users:*'), admin, roleHolds).role).toBe('user');
    expect(rightsOf(keyWith('*:*'), user, roleHolds)).toEqual({ role: 'user', scopes: [] });
  });
});

describe('a token for an API key', () => {
  it('lasts a minute, and never longer than the key', () => {
    const key = keyWith('posts:read');
    const endingIn = (ms: number) => ({ ...key, expiresAt: new Date(nowMs + ms).toISOString() });

    expect(secondsLeft(key, nowMs)).toBe(60);
    expect(secondsLeft(endingIn(3_600_000), nowMs)).toBe(60);
    expect(secondsLeft(endingIn(30_000), nowMs)).toBe(30);
    expect(secondsLeft(endingIn(900), nowMs)).toBe(0);
    expect(secondsLeft(endingIn(-1), nowMs)).toBeLessThanOrEqual(0);
  });
});
