import type { Exchange } from '../exchange.ts';
import { gatewayError } from '../gateway-error.ts';
import type { BothLeft, Limit, Limiter } from '../limits/limiter.ts';

/**
 * First of all limits, before any work is done for a request: counts every request by its address.
 *
 * Where the limiter has to ask somebody else, the request goes on at once unless its address is known to be out of
 * requests, and stays owing its count: asked together with the limit of its route (`takeWith`), in one question, or alone
 * before it is refused or left to the app behind (`settle`), and at its end at the latest.
 */
export type AddressLimit = Readonly<{
  /** @throws AppError `rate_limited` */
  check(exchange: Exchange): void;
  /** Counts what is owed. Gives the refusal to answer with if it was one too many; undefined at once if nothing is owed. */
  settle(exchange: Exchange): Promise<Error | undefined> | undefined;
  /** Takes one from the limit of a route and, before it, what is owed. @throws (rejects) AppError `rate_limited` for the address */
  takeWith(exchange: Exchange, key: string, limit: Limit): Promise<number> | number;
  /**
   * Counts a credential that was refused. Over the limit it gives the refusal to answer with instead of the 401, so
   * that guessing learns nothing, while a good credential from the same address still passes.
   */
  refusalAfterFailedCredential(exchange: Exchange): Promise<Error | undefined> | Error | undefined;
  /** Other figures from now on; what was counted stays counted. */
  configure(figures: AddressFigures): void;
}>;

export type AddressFigures = Readonly<{ requests: Limit; failedCredentials: Limit }>;

export type AddressLimitDeps = AddressFigures &
  Readonly<{
    limiter: Limiter;
    onRefusal: (limit: 'address' | 'credentials') => void;
  }>;

export const createAddressLimit = (deps: AddressLimitDeps): AddressLimit => {
  const { limiter, onRefusal } = deps;
  let { requests, failedCredentials } = deps;

  const refuse = (name: 'address' | 'credentials', waitMs: number): Error => {
    onRefusal(name);
    return gatewayError('rate_limited', { details: { retryAfterSeconds: Math.ceil(waitMs / 1000) } });
  };
  const refusalOf = (name: 'address' | 'credentials', left: number): Error | undefined =>
    left >= 0 ? undefined : refuse(name, -left);

  const secondOf = ({ first, second }: BothLeft): number => {
    if (second === undefined) throw refuse('address', -first);
    return second;
  };

  return {
    check: (exchange) => {
      const { addressKey } = exchange.client;
      if (limiter.asks()) {
        const waitMs = limiter.emptyForMs(addressKey, requests);
        if (waitMs > 0) throw refuse('address', waitMs);
        exchange.owesAddress = true;
        return;
      }
      const left = limiter.take(addressKey, requests);
      if (typeof left === 'number' && left < 0) throw refuse('address', -left);
    },
    settle: (exchange) => {
      if (!exchange.owesAddress) return undefined;
      exchange.owesAddress = false;
      return Promise.resolve(limiter.take(exchange.client.addressKey, requests)).then((left) =>
        refusalOf('address', left),
      );
    },
    takeWith: (exchange, key, limit) => {
      if (!exchange.owesAddress) return limiter.take(key, limit);
      // What is known to be over is not asked; the address stays owing until the refusal is answered.
      const waitMs = limiter.emptyForMs(key, limit);
      if (waitMs > 0) return -waitMs;
      exchange.owesAddress = false;
      const both = limiter.takeBoth({ key: exchange.client.addressKey, limit: requests }, { key, limit });
      return both instanceof Promise ? both.then(secondOf) : secondOf(both);
    },
    refusalAfterFailedCredential: ({ client }) => {
      const left = limiter.take(`credentials|${client.group}`, failedCredentials);
      if (typeof left === 'number') return refusalOf('credentials', left);
      return left.then((known) => refusalOf('credentials', known));
    },
    configure: (figures) => {
      ({ requests, failedCredentials } = figures);
    },
  };
};
