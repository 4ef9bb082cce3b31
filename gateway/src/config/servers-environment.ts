import { rabbitMqUrl, registryEnvironment, serviceEnvironment } from '@gatehouse/service-kit';

/** What a gateway that runs alone reads beside `gatewayEnvironment`. */
export const gatewayServersEnvironment = registryEnvironment.extend({
  ADVERTISE_ADDRESS: serviceEnvironment.shape.ADVERTISE_ADDRESS.describe(
    'IP address that other gateways reach the operations port at. Unset: OPERATIONS_HOST or, where that is 0.0.0.0 or ::, the only address of this machine.',
  ),
  RABBITMQ_URL: rabbitMqUrl
    .optional()
    .describe('RabbitMQ, for revoked sessions to be known at once. Unset: they are known within 2 s.'),
});
