import { z } from 'zod';

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;
const ip = z.union([z.ipv4(), z.ipv6()], { error: 'Not an IP address' });

/** Variables of whatever finds services by Consul. */
export const registryEnvironment = z.object({
  CONSUL_HTTP_ADDR: z
    .string()
    .transform((address) => (/:\/\//.test(address) ? address : `http://${address}`))
    .pipe(z.url({ protocol: /^https?$/ }))
    .describe(
      "Address of a Consul agent: `http://127.0.0.1:8500`, or without the scheme, as Consul's own tools take it.",
    ),
  CONSUL_HTTP_TOKEN: z.string().min(1).optional().describe('Token for Consul, where it asks for one.'),
  CONSUL_ACCEPT: z
    .enum(['passing', 'warning'])
    .default('passing')
    .describe(
      'Worst health, by Consul, that an instance may have to get requests; it is `warning` while `/readyz` says 429.',
    ),
  SERVICE_TOKEN_SECRET: z
    .string()
    .min(32)
    .describe(
      'Secret of the tokens that services show each other, at least 32 characters, the same for all of them.',
    ),
  DATA_DIR: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Folder for the last known instances, used when Consul is away at a start. Unset: none are kept.',
    ),
  LOG_LEVEL: z
    .enum(logLevels)
    .default('info')
    .describe('Least severe level that is logged, to standard output.'),
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe(
      'OTLP collector that sampled traces go to, over HTTP: `http://127.0.0.1:4318`. Headers, certificates and compression as OpenTelemetry names them (`OTEL_EXPORTER_OTLP_HEADERS` …). Unset: no trace is recorded.',
    ),
});

export const rabbitMqUrl = z.url({ protocol: /^amqps?$/ });

/** Variables of every service that runs alone, beside its own database. */
export const serviceEnvironment = registryEnvironment.extend({
  RABBITMQ_URL: rabbitMqUrl.describe(
    'RabbitMQ, with user, password and virtual host: `amqp://user:password@host/vhost`.',
  ),
  HOST: ip
    .default('127.0.0.1')
    .describe('IP address that the service listens on: loopback, or a network that only Gatehouse reaches.'),
  PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(0)
    .describe('Port of the service; 0 takes a free one.'),
  ADVERTISE_ADDRESS: ip
    .optional()
    .describe(
      'IP address that others reach this instance at. Unset: HOST or, where that is 0.0.0.0 or ::, the only address of this machine.',
    ),
});

/** `POSTS_DATABASE_URL`: named after its service, so that one `.env` serves them all. */
export const databaseEnvironment = (service: string) => {
  const name = databaseVariable(service);
  return z.object({
    [name]: z
      .url({ protocol: /^postgres(ql)?$/ })
      .describe(`PostgreSQL database of ${service}, with its role and password.`),
  });
};

export const databaseVariable = (service: string): string =>
  `${service.toUpperCase().replaceAll('-', '_')}_DATABASE_URL`;
