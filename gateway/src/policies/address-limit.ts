import type { Exchange } from '../exchange.ts';
import { gatewayError } from '../gateway-error.ts';
import type { Limit, Limiter } from '../limits/limiter.ts';

/** First of all limits, before any work is done for a request: counts every request by its address. */
export type AddressLimit = Readonly<{
  /** A promise only if others must be asked. @throws AppError `rate_limited` */
  check(exchange: Exchange): Promise<void> | void;
  /**
   * Counts a credential that was refused. Over the limit it gives the refusal to answer with instead of the 401, so
   * that guessing learns nothing, while a good credential from the same address still passes.
   */
  refusalAfterFailedCredential(exchange: Exchange): Promise<Error | undefined> | Error | undefined;
}>;

export type AddressLimitDeps = Readonly<{
  limiter: Limiter;
  requests: Limit;
  failedCredentials: Limit;
  onRefusal: (limit: 'address' | 'credentials') => void;
}>;

export const createAddressLimit = (deps: AddressLimitDeps): AddressLimit => {
  const { limiter, requests, failedCredentials, onRefusal } = deps;

  const refusalOf = (name: 'address' | 'credentials', left: number): Error | undefined => {
    if (left >= 0) return undefined;
    onRefusal(name);
    return gatewayError('rate_limited', { details: { retryAfterSeconds: Math.ceil(-left / 1000) } });
  };

  const decide = (left: number): void => {
    const refusal = refusalOf('address', left);
    if (refusal !== undefined) throw refusal;
  };

  return {
    check: ({ client }) => {
      const left = limiter.take(`address|${client.group}`, requests);
      return typeof left === 'number' ? decide(left) : left.then(decide);
    },
    refusalAfterFailedCredential: ({ client }) => {
      const left = limiter.take(`credentials|${client.group}`, failedCredentials);
      if (typeof left === 'number') return refusalOf('credentials', left);
      return left.then((known) => refusalOf('credentials', known));
    },
  };
};
