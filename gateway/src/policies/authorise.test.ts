import type { Principal } from '@gatehouse/auth';
import { describe, expect, it, vi } from 'vitest';
import { createTestExchange } from '../fixture/create-test-exchange.ts';
import { fakeVerifier } from '../fixture/fake-verifier.ts';
import { authorise, type Requirements } from './authorise.ts';

const user = (await fakeVerifier.verify('user-1')) satisfies Principal;
const admin = (await fakeVerifier.verify('admin-1')) satisfies Principal;

const ask = (requirements: Requirements, principal: Principal | undefined) => {
  const { exchange } = createTestExchange();
  exchange.principal = principal;
  const next = vi.fn();
  const handle = authorise(requirements)(next);
  return { handle: () => handle(exchange), next };
};

describe('a route that asks for rights', () => {
  it.each([
    ['one of its roles', { roles: ['user', 'admin'] }, user],
    ['its only role', { roles: ['admin'] }, admin],
    [
      'all scopes',
      { scopes: ['posts:create', 'orders:create'] },
      { ...user, permissions: new Set(['posts:create', 'orders:create']) },
    ],
    ['the scope of everything', { scopes: ['anything:at-all'] }, admin],
    ['role and scope', { roles: ['admin'], scopes: ['anything:at-all'] }, admin],
  ] satisfies [string, Requirements, Principal][])('lets in who has %s', (_, requirements, principal) => {
    const { handle, next } = ask(requirements, principal);
    handle();

    expect(next).toHaveBeenCalledOnce();
  });

  it.each([
    ['another role', { roles: ['admin'] }, user],
    [
      'one scope of two',
      { scopes: ['posts:create', 'nothing:like-that'] },
      { ...user, permissions: new Set(['posts:create']) },
    ],
    ['the role without the scope', { roles: ['user'], scopes: ['nothing:like-that'] }, user],
    ['the scope without the role', { roles: ['user'], scopes: ['anything:at-all'] }, admin],
  ] satisfies [string, Requirements, Principal][])('refuses who has %s', (_, requirements, principal) => {
    const { handle, next } = ask(requirements, principal);

    expect(handle).toThrow(expect.objectContaining({ code: 'forbidden' }));
    expect(next).not.toHaveBeenCalled();
  });

  it.each([{ roles: ['user'] }, { scopes: ['posts:create'] }, { scopes: [] }] satisfies Requirements[])(
    'tells a caller without credentials to sign in: %j',
    (requirements) => {
      const { handle, next } = ask(requirements, undefined);

      expect(handle).toThrow(expect.objectContaining({ code: 'unauthenticated' }));
      expect(next).not.toHaveBeenCalled();
    },
  );
});

describe('a route that asks for none', () => {
  it('adds no step', () => {
    const next = vi.fn();

    expect(authorise({})(next)).toBe(next);
  });
});
