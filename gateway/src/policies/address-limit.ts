import type { Exchange } from '../exchange.ts';
import { gatewayError } from '../gateway-error.ts';
import type { Limit, Limiter } from '../limits/gcra.ts';

/** First of all limits, before any work is done for a request: counts every request by its address. */
export type AddressLimit = Readonly<{
  /** @throws AppError `rate_limited` */
  check(exchange: Exchange): void;
  /**
   * Counts a credential that was refused. Over the limit it gives the refusal to answer with instead of the 401, so
   * that guessing learns nothing, while a good credential from the same address still passes.
   */
  refusalAfterFailedCredential(exchange: Exchange): Error | undefined;
}>;

export type AddressLimitDeps = Readonly<{
  limiter: Limiter;
  requests: Limit;
  failedCredentials: Limit;
  onRefusal: (limit: 'address' | 'credentials') => void;
}>;

export const createAddressLimit = (deps: AddressLimitDeps): AddressLimit => {
  const { limiter, requests, failedCredentials, onRefusal } = deps;

  const take = (key: string, limit: Limit, name: 'address' | 'credentials'): Error | undefined => {
    const left = limiter.take(key, limit);
    if (left >= 0) return undefined;
    onRefusal(name);
    return gatewayError('rate_limited', { details: { retryAfterSeconds: Math.ceil(-left / 1000) } });
  };

  return {
    check: ({ client }) => {
      const refusal = take(`address|${client.group}`, requests, 'address');
      if (refusal !== undefined) throw refusal;
    },
    refusalAfterFailedCredential: ({ client }) =>
      take(`credentials|${client.group}`, failedCredentials, 'credentials'),
  };
};
