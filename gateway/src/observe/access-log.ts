import type { Exchange } from '../exchange.ts';
import { type LineLogger, tenths, text } from './log-line.ts';

const pathLimit = 1024;

/**
 * One line for each request, when its answer has ended. Bounded, and nothing in it that may be a secret: the path without its
 * query, who asked by id, no header but the request id. `status` is what was sent; `code` says what went wrong.
 */
export const logAccess = (line: LineLogger, exchange: Exchange, durationMs: number): void => {
  if (!line.isOn()) return;
  const { route, instance, principal, errorCode, answeredBy } = exchange;
  // The request id and the trace are of characters that stand for themselves; so are codes and methods.
  let fields = `,"requestId":"${exchange.requestId}","trace":"${exchange.traceparent.slice(3, 35)}","method":"${
    exchange.method
  }","path":${text(exchange.path, pathLimit)},"status":${exchange.response.statusCode},"durationMs":${tenths(
    durationMs,
  )},"upstreamMs":${tenths(exchange.upstreamMs)},"bytesIn":${receivedBytes(exchange)},"bytesOut":${exchange.sentBytes}`;
  if (route !== undefined) fields += `,"route":${text(route.settings.name)}`;
  if (instance !== undefined) fields += `,"instance":${text(instance.instance.id)}`;
  fields += `,"attempts":${exchange.attempts}`;
  if (errorCode !== undefined) fields += `,"code":"${errorCode}"`;
  if (answeredBy !== undefined) fields += `,"answeredBy":"${answeredBy}"`;
  fields += `,"client":${text(exchange.client.address)}`;
  if (principal !== undefined) fields += `,"principal":${text(principal.id)}`;
  line.write(fields);
};

/** Of the body, as far as it is known without reading it: those that come in chunks count once they are in memory. */
const receivedBytes = ({ body, message }: Exchange): number =>
  body.kind === 'memory' ? body.bytes.length : (message.contentLength ?? 0);
