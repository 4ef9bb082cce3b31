import type { Permission, Principal, Role } from './principal.ts';

const ofUser: readonly Permission[] = [
  'posts:create',
  'posts:read',
  'posts:update',
  'posts:delete',
  'posts:publish',
  'comments:create',
  'comments:read',
  'comments:update',
  'comments:delete',
  'comments:moderate',
  'uploads:create',
  'uploads:read',
  'uploads:delete',
  'products:read',
  'orders:create',
  'orders:read',
  'orders:update',
  'orders:confirm',
  'orders:cancel',
  'profile:read',
  'profile:update',
  'profile:delete',
  'sessions:read',
  'sessions:delete',
  'api-keys:create',
  'api-keys:read',
  'api-keys:delete',
];

const permissions: Readonly<Record<Role, ReadonlySet<string>>> = {
  user: new Set(ofUser),
  admin: new Set(['*:*']),
};

/**
 * What a role may do at all. Whose resource it is (own post, foreign order) is for the service's domain to decide:
 * `posts:update` of a user means their own.
 */
export const permissionsOf = (role: Role): ReadonlySet<string> => permissions[role];

/** Whether `permission` is among those held, by itself or by `<resource>:*` or `*:*`. */
export const holds = (held: ReadonlySet<string>, permission: string): boolean =>
  held.has(permission) || held.has('*:*') || held.has(`${permission.slice(0, permission.indexOf(':'))}:*`);

/** The same for a caller. Nobody holds nothing. */
export const can = (principal: Principal | undefined, permission: string): boolean =>
  principal !== undefined && holds(principal.permissions, permission);
