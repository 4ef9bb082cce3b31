import { describe, expect, it } from 'vitest';
import { can, permissionsOf } from './permissions.ts';
import type { Principal } from './principal.ts';

const principalWith = (permissions: ReadonlySet<string>): Principal => ({
  kind: 'user',
  id: 'ana',
  role: 'user',
  permissions,
  emailVerified: true,
  sessionId: 's1',
  issuedAt: 0,
  expiresAt: 1,
});

describe('a permission', () => {
  it('is held by who has it', () => {
    const ana = principalWith(new Set(['posts:create']));

    expect(can(ana, 'posts:create')).toBe(true);
    expect(can(ana, 'posts:delete')).toBe(false);
  });

  it('is held by who may do anything with the resource', () => {
    const ana = principalWith(new Set(['posts:*']));

    expect(can(ana, 'posts:delete')).toBe(true);
    expect(can(ana, 'orders:delete')).toBe(false);
    expect(can(ana, 'postscripts:delete')).toBe(false);
  });

  it('is held by nobody who is not signed in', () => {
    expect(can(undefined, 'posts:create')).toBe(false);
  });
});

describe('a role', () => {
  it('of an administrator may do everything', () => {
    expect(can(principalWith(permissionsOf('admin')), 'services:restart')).toBe(true);
  });

  it('of a user may write, order and see to the own account, and not administer', () => {
    const ana = principalWith(permissionsOf('user'));

    expect(['posts:create', 'orders:confirm', 'comments:create'].every((one) => can(ana, one))).toBe(true);
    expect(['products:create', 'users:read', 'services:read', '*:*'].some((one) => can(ana, one))).toBe(
      false,
    );
  });
});
