import type { RouteSettings } from '../config/route-settings.ts';
import { gatewayError } from '../gateway-error.ts';
import type { Policy } from '../policy.ts';
import { rewritePath } from '../routing/rewrite-path.ts';

/** Gives the service another path than the client named. Where that is not for the public it is as if there were none. */
export const rewrite =
  (route: Pick<RouteSettings, 'path' | 'rewrite'>): Policy =>
  (next) => {
    if (route.rewrite === undefined) return next;

    return function rewriteTarget(exchange) {
      const path = rewritePath(route, exchange.path);
      if (path === undefined) throw gatewayError('not_found');
      exchange.servicePath = path;
      return next(exchange);
    };
  };
