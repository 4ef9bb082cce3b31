import { type Principal, parseBearer, type TokenVerifier } from '@gatehouse/auth';
import { isAppError } from '@gatehouse/errors';
import type { Exchange } from '../exchange.ts';
import { gatewayError } from '../gateway-error.ts';
import type { Policy } from '../policy.ts';
import type { AddressLimit } from './address-limit.ts';

export type AuthenticateDeps = Readonly<{ verifier: TokenVerifier; addressLimit: AddressLimit }>;

/**
 * Finds out who calls. `none` does not look, `optional` lets callers without credentials pass as nobody, `required`
 * does not. Credentials that are no good are 401 also where none are needed: who signs in means to be known. A
 * verified token is answered from memory at once; only a new one takes a turn.
 */
export const authenticate =
  (mode: 'none' | 'optional' | 'required', { verifier, addressLimit }: AuthenticateDeps): Policy =>
  (next) => {
    if (mode === 'none') return next;

    const accept = (exchange: Exchange, principal: Principal): Promise<void> | void => {
      exchange.principal = principal;
      return next(exchange);
    };

    const refuse = (exchange: Exchange, error: unknown): Promise<never> => {
      if (!isAppError(error) || error.kind !== 'unauthenticated') throw error;
      const refusal = addressLimit.refusalAfterFailedCredential(exchange);
      if (!(refusal instanceof Promise)) throw refusal ?? invalidToken(error);
      return refusal.then((known) => {
        throw known ?? invalidToken(error);
      });
    };

    return function findCaller(exchange) {
      const { authorization } = exchange.message;
      if (authorization === undefined) {
        if (mode === 'required') throw gatewayError('unauthenticated');
        return next(exchange);
      }
      const token = parseBearer(authorization);
      if (token === undefined) return refuse(exchange, gatewayError('unauthenticated'));

      let principal: Principal | Promise<Principal>;
      try {
        principal = verifier.verify(token);
      } catch (error) {
        return refuse(exchange, error);
      }
      if (!(principal instanceof Promise)) return accept(exchange, principal);
      return principal.then(
        (verified) => accept(exchange, verified),
        (error: unknown) => refuse(exchange, error),
      );
    };
  };

const invalidToken = (cause: unknown) =>
  gatewayError('unauthenticated', {
    message: 'The access token is broken, expired or revoked.',
    details: { challenge: 'Bearer error="invalid_token"' },
    cause,
  });
