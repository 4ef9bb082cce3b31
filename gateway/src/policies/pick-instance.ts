import { gatewayError } from '../gateway-error.ts';
import type { Attempt } from '../policy.ts';
import type { UpstreamService } from '../upstream/upstream-service.ts';

/**
 * Chooses the instance of a try and counts the request in there until the try is over. An instance that failed this
 * request is left out while there is another; no instance at all is 503, more requests than the service may have in
 * flight are 503 `overloaded`.
 */
export const pickInstance =
  (service: UpstreamService) =>
  (next: Attempt): Attempt =>
    async function chooseInstance(exchange) {
      const upstream = service.pick(exchange.tried) ?? service.pick(undefined);
      if (upstream === undefined) {
        throw gatewayError('service_unavailable', { details: { retryAfterSeconds: 1 } });
      }
      if (!service.enter(upstream)) throw gatewayError('overloaded', { details: { retryAfterSeconds: 1 } });
      exchange.instance = upstream;
      try {
        return await next(exchange);
      } finally {
        service.leave(upstream);
      }
    };
