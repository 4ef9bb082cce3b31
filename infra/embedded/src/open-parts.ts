import { createInProcessTransport, createRabbitMqTransport, type Transport } from '@gatehouse/messaging';
import { createInProcessRegistry, type Registry } from '@gatehouse/registry';
import { systemClock } from '@gatehouse/resilience';
import { openConsulRegistry } from '@gatehouse/service-kit';
import type { Logger } from 'pino';
import type { EmbeddedConfig } from './config.ts';

/** Consul where its address is given, else in process. */
export const openRegistry = async (
  { consul, dataDir }: EmbeddedConfig,
  logger: Logger,
): Promise<Registry> => {
  if (consul === undefined) return createInProcessRegistry({ clock: systemClock });
  const environment = {
    CONSUL_HTTP_ADDR: consul.address,
    CONSUL_HTTP_TOKEN: consul.token,
    CONSUL_ACCEPT: consul.accept,
    DATA_DIR: dataDir,
  };
  return openConsulRegistry(environment, { name: 'gatehouse', logger });
};

export type OpenTransport = Readonly<{
  transport: Transport;
  /** Every service has subscribed: from now on events go out. */
  open(): void;
}>;

/**
 * RabbitMQ where its address is given, else in process. In process nobody's queue outlives the process, so events that
 * a kill left unsent wait until every service has subscribed again; RabbitMQ knows the queues by itself.
 */
export const openTransport = async (
  { rabbitMqUrl }: EmbeddedConfig,
  logger: Logger,
): Promise<OpenTransport> => {
  if (rabbitMqUrl === undefined) {
    const transport = createInProcessTransport({ held: true });
    return { transport, open: transport.open };
  }
  const transport = await createRabbitMqTransport({ url: rabbitMqUrl, clock: systemClock, logger });
  return { transport, open: () => {} };
};
