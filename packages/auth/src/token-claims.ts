import { z } from 'zod';
import type { Principal } from './principal.ts';

const identifier = z.string().min(1).max(128);

/** The claims that we act on. Others may stand beside them; their names mean nothing here. */
const accessTokenClaims = z.object({
  sub: z.uuid(),
  sid: identifier,
  api_key_id: identifier.optional(),
  role: z.enum(['user', 'admin']),
  scope: z.string().max(2048),
  email_verified: z.boolean(),
  iat: z.number(),
  exp: z.number(),
});

/** Throws (a ZodError) when a claim is missing or of another type than ours have. */
export const toPrincipal = (payload: unknown, permissionsOf: PermissionsOf): Principal => {
  const claims = accessTokenClaims.parse(payload);
  return {
    kind: 'user',
    id: claims.sub,
    role: claims.role,
    permissions: permissionsOf(claims.scope),
    emailVerified: claims.email_verified,
    sessionId: claims.sid,
    apiKeyId: claims.api_key_id,
    issuedAt: claims.iat,
    expiresAt: claims.exp,
  };
};

type PermissionsOf = (scope: string) => ReadonlySet<string>;

const keptSets = 1000;

/** Permissions of a scope. Nearly all tokens have one of a few scopes, so those share a set instead of having one each. */
export const createPermissionSets = (): PermissionsOf => {
  const sets = new Map<string, ReadonlySet<string>>();
  return (scope) => {
    const known = sets.get(scope);
    if (known !== undefined) return known;
    const fresh = new Set(scope.split(' ').filter((permission) => permission !== ''));
    if (sets.size >= keptSets) sets.clear();
    sets.set(scope, fresh);
    return fresh;
  };
};
