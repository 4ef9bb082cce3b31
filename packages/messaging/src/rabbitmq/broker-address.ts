import type { Options } from 'amqplib';

/** Where a broker is and as whom to enter it. Never logged as a whole: `server` is the part that may be. */
export type BrokerAddress = Readonly<{ server: string; connect: Options.Connect }>;

/**
 * Reads `amqp://user:password@host:5672/vhost` (or `amqps`). Its parts are passed on one by one, so that neither a log nor
 * an error of a parser has the whole of it.
 *
 * @throws TypeError at start-up, without the address in it
 */
export const parseBrokerAddress = (url: string, heartbeatSeconds: number): BrokerAddress => {
  const parsed = URL.parse(url);
  const protocol = parsed?.protocol.slice(0, -1);
  if (parsed === null || (protocol !== 'amqp' && protocol !== 'amqps') || parsed.hostname === '')
    throw new TypeError('The address of RabbitMQ is not of the form amqp://user:password@host:5672/vhost');
  const port = Number(parsed.port) || (protocol === 'amqp' ? 5672 : 5671);
  return {
    server: `${parsed.hostname}:${port}`,
    connect: {
      protocol,
      hostname: parsed.hostname.replaceAll(/^\[|\]$/g, ''),
      port,
      ...(parsed.username === '' && parsed.password === ''
        ? {}
        : {
            username: decodeURIComponent(parsed.username),
            password: decodeURIComponent(parsed.password),
          }),
      // amqplib decodes this one itself
      ...(parsed.pathname.length > 1 ? { vhost: parsed.pathname.slice(1) } : {}),
      heartbeat: heartbeatSeconds,
    },
  };
};
