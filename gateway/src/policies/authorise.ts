import { can, type Role } from '@gatehouse/auth';
import { gatewayError } from '../gateway-error.ts';
import type { Policy } from '../policy.ts';

export type Requirements = Readonly<{
  /** Any one of them. */
  roles?: readonly Role[] | undefined;
  /** All of them, as `<resource>:<action>`. */
  scopes?: readonly string[] | undefined;
}>;

/** Lets through who has one of the roles and all of the scopes of the route. Whose a resource is, services decide. */
export const authorise =
  ({ roles, scopes }: Requirements): Policy =>
  (next) => {
    if (roles === undefined && scopes === undefined) return next;

    return function checkRights(exchange) {
      const { principal } = exchange;
      if (principal === undefined) throw gatewayError('unauthenticated');
      if (roles !== undefined && !roles.includes(principal.role)) throw gatewayError('forbidden');
      for (const scope of scopes ?? []) if (!can(principal, scope)) throw gatewayError('forbidden');
      return next(exchange);
    };
  };
