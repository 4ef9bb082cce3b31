import { gatewayError } from '../gateway-error.ts';
import type { Attempt } from '../policy.ts';
import type { InstanceSelection } from '../upstream/instance-selection.ts';
import type { UpstreamService } from '../upstream/upstream-service.ts';
import type { HashKey } from './hash-key.ts';

export type InstanceChoice = Readonly<{
  /** All instances of the service if not given. */
  from?: InstanceSelection | undefined;
  /** Requests of one key go to one instance. */
  keyOf?: HashKey | undefined;
}>;

/**
 * Chooses the instance of a try and counts the request in there; whoever hears that the try is over counts it out. An
 * instance that failed this request is left out while there is another; no instance at all is 503, more requests than
 * the service may have in flight are 503 `overloaded`.
 */
export const pickInstance =
  (service: UpstreamService, { from = service, keyOf = noKey }: InstanceChoice = {}) =>
  (next: Attempt): Attempt =>
    function chooseInstance(exchange) {
      const key = keyOf(exchange);
      const upstream = from.pick(exchange.tried, key) ?? from.pick(undefined, key);
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

const noKey: HashKey = () => undefined;

const unavailable = () => gatewayError('service_unavailable', { details: { retryAfterSeconds: 1 } });
const overloaded = () => gatewayError('overloaded', { details: { retryAfterSeconds: 1 } });
