import type { Exchange } from '../exchange.ts';

/** Ends the span of a sampled request: named by its route, an error only where the fault is on this side (5xx). */
export const endRequestSpan = (exchange: Exchange): void => {
  const { span, route, response, errorCode, method } = exchange;
  if (span === undefined) return;
  const pattern = route?.settings.path;
  span.set(
    {
      'url.path': exchange.path === '' ? undefined : exchange.path,
      'url.scheme': exchange.client.protocol,
      'http.route': pattern,
      'http.response.status_code': response.headersSent ? response.statusCode : undefined,
      'gatehouse.route': route?.settings.name,
      'gatehouse.attempts': exchange.attempts,
    },
    pattern === undefined ? undefined : `${method} ${pattern}`,
  );
  const isFault = response.statusCode >= 500 || !response.writableFinished;
  span.end(isFault ? (errorCode ?? String(response.statusCode)) : undefined);
};
