import { can, type Role } from '@gatehouse/auth';
import { gatewayError } from '../gateway-error.ts';
import type { Policy } from '../policy.ts';

export type Requirements = Readonly<{
  /** Any one of them. */
  roles?: readonly Role[] | undefined;
  /** All of them, as `<resource>:<action>`. */
  scopes?: readonly string[] | undefined;
}>;

/**
 * Lets through who has one of the roles and all of the scopes of the route; who has not is told what it takes (RFC 6750 §3.1).
 * Whose a resource is, services decide.
 */
export const authorise =
  ({ roles, scopes }: Requirements): Policy =>
  (next) => {
    if (roles === undefined && scopes === undefined) return next;
    const required = scopes ?? [];
    const challenge = challengeFor(required);

    return function checkRights(exchange) {
      const { principal } = exchange;
      if (principal === undefined) throw gatewayError('unauthenticated');
      if (roles !== undefined && !roles.includes(principal.role)) throw forbidden(challenge);
      for (const scope of required) if (!can(principal, scope)) throw forbidden(challenge);
      return next(exchange);
    };
  };

const challengeFor = (scopes: readonly string[]): string =>
  scopes.length === 0
    ? 'Bearer error="insufficient_scope"'
    : `Bearer error="insufficient_scope", scope="${scopes.join(' ')}"`;

const forbidden = (challenge: string) => gatewayError('forbidden', { details: { challenge } });
