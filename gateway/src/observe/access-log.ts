import type { Logger } from 'pino';
import type { Exchange } from '../exchange.ts';

/**
 * One line for each request, when its answer has ended. The path goes without its query, which may hold what is nobody
 * else's business.
 */
export const logAccess = (logger: Logger, exchange: Exchange, durationMs: number): void => {
  logger.info(
    {
      requestId: exchange.requestId,
      trace: exchange.traceparent.slice(3, 35),
      method: exchange.method,
      path: exchange.path,
      status: exchange.response.statusCode,
      durationMs: Math.round(durationMs * 10) / 10,
      upstreamMs: Math.round(exchange.upstreamMs * 10) / 10,
      route: exchange.route?.settings.name,
      instance: exchange.instance?.instance.id,
      attempts: exchange.attempts,
      code: exchange.errorCode,
      client: exchange.client.address,
      principal: exchange.principal?.id,
    },
    'request',
  );
};
