import { rabbitMqUrl, registryEnvironment } from '@gatehouse/service-kit';

/** What a gateway that runs alone reads beside `gatewayEnvironment`. */
export const gatewayServersEnvironment = registryEnvironment.extend({
  RABBITMQ_URL: rabbitMqUrl
    .optional()
    .describe('RabbitMQ, for revoked sessions to be known at once. Unset: they are known within 2 s.'),
});
