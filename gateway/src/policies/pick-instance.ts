import { gatewayError } from '../gateway-error.ts';
import type { Attempt } from '../policy.ts';
import type { UpstreamService } from '../upstream/upstream-service.ts';

/**
 * Chooses the instance of a try and counts the request in there; whoever hears that the try is over counts it out. An
 * instance that failed this request is left out while there is another; no instance at all is 503, more requests than
 * the service may have in flight are 503 `overloaded`.
 */
export const pickInstance =
  (service: UpstreamService) =>
  (next: Attempt): Attempt =>
    function chooseInstance(exchange) {
      const upstream = service.pick(exchange.tried) ?? service.pick(undefined);
      if (upstream === undefined) throw unavailable();
      if (!service.enter(upstream)) throw overloaded();
      exchange.instance = upstream;
      try {
        next(exchange);
      } catch (error) {
        service.leave(upstream);
        throw error;
      }
    };

const unavailable = () => gatewayError('service_unavailable', { details: { retryAfterSeconds: 1 } });
const overloaded = () => gatewayError('overloaded', { details: { retryAfterSeconds: 1 } });
