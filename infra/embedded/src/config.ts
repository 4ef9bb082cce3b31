import { resolve } from 'node:path';
import { parseEnvironment, rabbitMqUrl, registryEnvironment, type Variables } from '@gatehouse/service-kit';
import { z } from 'zod';

const port = z.coerce.number().int().min(0).max(65_535);
const postgresUrl = z.url({ protocol: /^postgres(ql)?$/ }).optional();

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;

/**
 * Every environment variable of the embedded start. The descriptions are the documentation:
 * `docs/reference/configuration.md` and `.env.example` are generated from here and checked by a test.
 */
export const environment = z.object({
  PORT: port.default(8080).describe('Port of the gateway, the only door from outside.'),
  HOST: z.string().min(1).optional().describe('Address the gateway listens on. Unset: all of this machine.'),
  OPERATIONS_PORT: port
    .default(9090)
    .describe('Port of /livez, /readyz and /metrics. Listens on loopback alone.'),
  PUBLIC_URL: z.url().optional().describe('Where people reach the gateway; links in mails begin with it.'),
  DATA_DIR: z
    .string()
    .min(1)
    .default('.gatehouse')
    .describe('Folder for the database, the logs and the secrets made at the first start.'),
  ADMIN_EMAIL: z
    .email()
    .default('admin@gatehouse.local')
    .describe('E-mail address of the first administrator.'),
  ADMIN_PASSWORD: z
    .string()
    .min(12)
    .max(200)
    .optional()
    .describe(
      'Password of the first administrator, at least 12 characters. Unset: one is made and printed once.',
    ),
  RATE_LIMIT_FACTOR: z.coerce
    .number()
    .positive()
    .max(1_000_000)
    .default(1)
    .describe('Multiplies every rate limit of the gateway, for load tests.'),
  TRUSTED_PROXIES: z
    .string()
    .default('')
    .describe('Comma-separated addresses or CIDR ranges whose X-Forwarded-For is believed.'),
  GATEWAY_CONFIG: z
    .string()
    .min(1)
    .default('gateway/gateway.yaml')
    .describe('Path of the file with the routes and their policies.'),
  LOG_LEVEL: z.enum(logLevels).default('info').describe('Least severe level that is logged.'),
  LOG_TO: z
    .enum(['file', 'stdout'])
    .default('file')
    .describe('Where the log goes: logs/gatehouse.log in DATA_DIR (3 files of 10 MB), or standard output.'),
  USERS_DATABASE_URL: postgresUrl.describe('Database of users. Unset: the embedded PostgreSQL.'),
  POSTS_DATABASE_URL: postgresUrl.describe('Database of posts. Unset: the embedded PostgreSQL.'),
  ORDERS_DATABASE_URL: postgresUrl.describe('Database of orders. Unset: the embedded PostgreSQL.'),
  RABBITMQ_URL: rabbitMqUrl
    .optional()
    .describe('RabbitMQ for the events. Unset: they are handed on in process.'),
  CONSUL_HTTP_ADDR: registryEnvironment.shape.CONSUL_HTTP_ADDR.optional().describe(
    'Consul agent of this machine. Unset: the registry is in process.',
  ),
  CONSUL_HTTP_TOKEN: registryEnvironment.shape.CONSUL_HTTP_TOKEN,
  CONSUL_ACCEPT: registryEnvironment.shape.CONSUL_ACCEPT,
  REDIS_URL: z
    .url({ protocol: /^rediss?$/ })
    .optional()
    .describe(
      'Redis for the rate counters and kept answers of the gateway. Unset: they are kept in process.',
    ),
  OTEL_EXPORTER_OTLP_ENDPOINT: registryEnvironment.shape.OTEL_EXPORTER_OTLP_ENDPOINT,
});

export type EmbeddedConfig = Readonly<{
  port: number;
  host: string | undefined;
  operationsPort: number;
  publicUrl: string;
  dataDir: string;
  administrator: Readonly<{ email: string; password: string | undefined }>;
  rateLimitFactor: number;
  trustedProxies: readonly string[];
  gatewayConfig: string;
  log: Readonly<{ level: (typeof logLevels)[number]; to: 'file' | 'stdout' }>;
  databaseUrls: Readonly<Record<'users' | 'posts' | 'orders', string | undefined>>;
  rabbitMqUrl: string | undefined;
  consul: Readonly<{ address: string; token: string | undefined; accept: 'passing' | 'warning' }> | undefined;
  redisUrl: string | undefined;
  /** Of the collector of traces. */
  otlpEndpoint: string | undefined;
}>;

/**
 * Reads the settings, `DATA_DIR` and `GATEWAY_CONFIG` relative to `root`. An empty variable counts as unset.
 *
 * @throws invalid_configuration naming every wrong variable at once.
 */
export const parseConfig = (variables: Variables, root: string): EmbeddedConfig => {
  const [env] = parseEnvironment(variables, environment);
  return {
    port: env.PORT,
    host: env.HOST,
    operationsPort: env.OPERATIONS_PORT,
    publicUrl: (env.PUBLIC_URL ?? `http://localhost:${env.PORT}`).replace(/\/$/, ''),
    dataDir: resolve(root, env.DATA_DIR),
    administrator: { email: env.ADMIN_EMAIL, password: env.ADMIN_PASSWORD },
    rateLimitFactor: env.RATE_LIMIT_FACTOR,
    trustedProxies: env.TRUSTED_PROXIES.split(',')
      .map((range) => range.trim())
      .filter(Boolean),
    gatewayConfig: resolve(root, env.GATEWAY_CONFIG),
    log: { level: env.LOG_LEVEL, to: env.LOG_TO },
    databaseUrls: {
      users: env.USERS_DATABASE_URL,
      posts: env.POSTS_DATABASE_URL,
      orders: env.ORDERS_DATABASE_URL,
    },
    rabbitMqUrl: env.RABBITMQ_URL,
    consul:
      env.CONSUL_HTTP_ADDR === undefined
        ? undefined
        : { address: env.CONSUL_HTTP_ADDR, token: env.CONSUL_HTTP_TOKEN, accept: env.CONSUL_ACCEPT },
    redisUrl: env.REDIS_URL,
    otlpEndpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT,
  };
};
