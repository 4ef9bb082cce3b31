import { can, type Principal, parseBearer, type ServicePrincipal, type TokenVerifier } from '@gatehouse/auth';
import { kitError } from './http-error.ts';
import type { RouteOptions } from './route.ts';

export type Caller = Principal | ServicePrincipal | undefined;

/** Who calls a route, from its `Authorization` header: the token is verified here, whatever the gateway did. */
export type Authenticator = (
  options: Pick<RouteOptions, 'auth' | 'permission'>,
  authorization: string | undefined,
) => Promise<Caller>;

export type AuthenticatorDeps = Readonly<{
  users: TokenVerifier;
  services: Readonly<{ verify(token: string): Promise<ServicePrincipal> }>;
}>;

export const createAuthenticator =
  ({ users, services }: AuthenticatorDeps): Authenticator =>
  async ({ auth, permission }, authorization) => {
    if (auth === 'none') return undefined;
    if (auth === 'service') return services.verify(requireToken(authorization));
    if (auth === 'optional' && authorization === undefined) {
      if (permission !== undefined) throw kitError('unauthenticated');
      return undefined;
    }

    const principal = await users.verify(requireToken(authorization));
    if (auth === 'admin' && principal.role !== 'admin') throw kitError('forbidden');
    if (auth === 'verified' && !principal.emailVerified) throw kitError('email_unverified');
    if (permission !== undefined && !can(principal, permission)) throw kitError('forbidden');
    return principal;
  };

const requireToken = (authorization: string | undefined): string => {
  const token = parseBearer(authorization);
  if (token === undefined) throw kitError('unauthenticated');
  return token;
};
