import type { Principal, TokenVerifier } from '@gatehouse/auth';
import { type AppError, isAppError } from '@gatehouse/errors';
import type { ApiKeys, KeyCaller } from '../auth/api-keys.ts';
import type { Exchange } from '../exchange.ts';
import { gatewayError } from '../gateway-error.ts';
import type { Handler, Policy } from '../policy.ts';
import type { AddressLimit } from './address-limit.ts';

export type AuthenticateDeps = Readonly<{
  verifier: Pick<TokenVerifier, 'verifyHeader'>;
  /** Without it no key is any good. */
  apiKeys?: ApiKeys | undefined;
  addressLimit: AddressLimit;
}>;

export type Authentication = Readonly<{ auth: 'none' | 'optional' | 'required'; apiKeys: boolean }>;

/**
 * Finds out who calls, by a bearer token or an API key. `none` does not look, `optional` lets callers without credentials
 * pass as nobody, `required` does not. Credentials that are no good are 401 also where none are needed: who signs in means
 * to be known. Two at once are 400 (RFC 6750 §3.1): which of them the caller meant to be, nobody can tell. A token or key
 * that is known is answered from memory at once; only a new one takes a turn.
 */
export const authenticate =
  (route: Authentication, { verifier, apiKeys, addressLimit }: AuthenticateDeps): Policy =>
  (next) => {
    const { auth } = route;
    if (auth === 'none') return next;
    const keys = route.apiKeys ? apiKeys : undefined;
    const refuse = createRefuse(addressLimit);

    const accept = (exchange: Exchange, principal: Principal): Promise<void> | void => {
      exchange.principal = principal;
      return next(exchange);
    };

    /** The token in the place of the key: services never see that, and check this as any other. */
    const acceptKey = (exchange: Exchange, caller: KeyCaller): Promise<void> | void => {
      exchange.message.passing.push('authorization', caller.authorization);
      return accept(exchange, caller.principal);
    };

    const findByKey: Handler = (exchange) => {
      const { apiKey = '', authorization } = exchange.message;
      if (authorization !== undefined) throw twoCredentials();
      if (keys === undefined) throw keyNotTaken();
      let caller: KeyCaller | Promise<KeyCaller>;
      try {
        caller = keys.find(apiKey);
      } catch (error) {
        return refuse(exchange, error);
      }
      if (!(caller instanceof Promise)) return acceptKey(exchange, caller);
      return caller.then(
        (known) => acceptKey(exchange, known),
        (error: unknown) => refuse(exchange, error),
      );
    };

    return function findCaller(exchange) {
      const { authorization, apiKey } = exchange.message;
      if (apiKey !== undefined) return findByKey(exchange);
      if (authorization === undefined) {
        if (auth === 'required') throw gatewayError('unauthenticated');
        return next(exchange);
      }

      let principal: Principal | Promise<Principal>;
      try {
        principal = verifier.verifyHeader(authorization);
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

/** Counts the failure; over the limit of the address the answer is 429. What is no refusal of the credential goes on. */
const createRefuse =
  (addressLimit: AddressLimit) =>
  (exchange: Exchange, error: unknown): Promise<never> => {
    if (!isAppError(error) || error.kind !== 'unauthenticated') throw error;
    const refusal = addressLimit.refusalAfterFailedCredential(exchange);
    if (!(refusal instanceof Promise)) throw refusal ?? invalidCredential(exchange, error);
    return refusal.then((known) => {
      throw known ?? invalidCredential(exchange, error);
    });
  };

const invalidCredential = ({ message }: Exchange, cause: AppError) =>
  gatewayError('unauthenticated', {
    message:
      message.apiKey === undefined
        ? 'The access token is broken, expired or revoked.'
        : 'The API key is unknown, expired or revoked.',
    details: { challenge: 'Bearer error="invalid_token"' },
    cause,
  });

const twoCredentials = () =>
  gatewayError('malformed_request', {
    message: 'Show either a bearer token or an API key.',
    details: { challenge: 'Bearer error="invalid_request"' },
  });

const keyNotTaken = () =>
  gatewayError('unauthenticated', { message: 'API keys are not taken here. Show a bearer token.' });
