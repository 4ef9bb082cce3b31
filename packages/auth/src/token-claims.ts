import { z } from 'zod';
import type { Principal } from './principal.ts';

const identifier = z.string().min(1).max(128);

/** The claims that we act on. Others may stand beside them; their names mean nothing here. */
const accessTokenClaims = z.object({
  sub: identifier,
  sid: identifier,
  role: z.enum(['user', 'admin']),
  scope: z.string().max(2048),
  email_verified: z.boolean(),
  iat: z.number(),
  exp: z.number(),
});

/** Throws (a ZodError) when a claim is missing or of another type than ours have. */
export const toPrincipal = (payload: unknown): Principal => {
  const claims = accessTokenClaims.parse(payload);
  return {
    kind: 'user',
    id: claims.sub,
    role: claims.role,
    permissions: new Set(claims.scope.split(' ').filter((permission) => permission !== '')),
    emailVerified: claims.email_verified,
    sessionId: claims.sid,
    issuedAt: claims.iat,
    expiresAt: claims.exp,
  };
};
