import { answerEmpty } from '../answer.ts';
import type { CorsConfig } from '../config/gateway-config.ts';
import type { Exchange } from '../exchange.ts';
import type { Policy } from '../policy.ts';

const exposed =
  'ETag, Location, Retry-After, X-Request-Id, RateLimit, RateLimit-Policy, Idempotency-Replayed';

/**
 * Lets pages of the listed origins, and no others, call this route. Before authentication, since a preflight carries no
 * credentials; its headers are on every answer, refusals included, or a page could not read them.
 */
export const cors =
  (config: CorsConfig | undefined, allow: string): Policy =>
  (next) => {
    if (config === undefined) return next;
    const origins = new Set(config.origins);
    const allowedHeaders = config.headers.join(', ');
    const maxAge = String(Math.round(config.maxAge / 1000));

    return function allowOrigin(exchange) {
      const { origin } = exchange.message;
      exchange.answerHeaders.push('Vary', 'Origin');
      const allowed = origin !== undefined && origins.has(origin);
      if (allowed) {
        exchange.answerHeaders.push('Access-Control-Allow-Origin', origin);
        if (config.credentials) exchange.answerHeaders.push('Access-Control-Allow-Credentials', 'true');
      }
      if (!isPreflight(exchange)) {
        if (allowed) exchange.answerHeaders.push('Access-Control-Expose-Headers', exposed);
        return next(exchange);
      }
      if (allowed) {
        exchange.answerHeaders.push(
          ...['Access-Control-Allow-Methods', allow, 'Access-Control-Allow-Headers', allowedHeaders],
          ...['Access-Control-Max-Age', maxAge],
        );
      }
      return answerEmpty(exchange, 204);
    };
  };

/** An OPTIONS that a browser sends to ask for leave; it is routed by the method that it asks for. */
export const isPreflight = ({ method, request, message }: Exchange): boolean =>
  method === 'OPTIONS' &&
  message.origin !== undefined &&
  request.headers['access-control-request-method'] !== undefined;
