import { gatewayError } from '../gateway-error.ts';
import { memoryLimitBytes, readBody, streamBody } from '../message/request-body.ts';
import type { Policy } from '../policy.ts';

/**
 * Takes the body in: small ones into memory, where they can be sent again, large ones as a stream. Refuses more than
 * `limitBytes` at once when the length is given, else as soon as it is more. A client that waits for
 * `100 Continue` gets it here, when everything that could refuse the request has been asked.
 */
export const bodyLimit =
  (limitBytes: number): Policy =>
  (next) =>
    function takeBody(exchange) {
      const { message, request, response } = exchange;
      const { contentLength, chunked } = message;
      if (!chunked && (contentLength === undefined || contentLength === 0)) return next(exchange);
      if (contentLength !== undefined && contentLength > limitBytes) throw gatewayError('payload_too_large');

      if (exchange.expectsContinue) {
        exchange.expectsContinue = false;
        response.writeContinue();
      }
      if (contentLength !== undefined && contentLength > memoryLimitBytes) {
        exchange.body = streamBody(request, limitBytes);
        return next(exchange);
      }
      return readBody(request, limitBytes).then((body) => {
        exchange.body = body;
        return next(exchange);
      });
    };
