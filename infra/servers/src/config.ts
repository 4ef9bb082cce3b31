import { join, resolve } from 'node:path';
import { environment as embeddedEnvironment } from '@gatehouse/embedded';
import { parseEnvironment, type Variables } from '@gatehouse/service-kit';
import { z } from 'zod';

const twoPorts = z
  .string()
  .transform((text) => text.split(',').map(Number))
  .pipe(z.tuple([z.int().min(1).max(65_535), z.int().min(1).max(65_535)]));

const {
  HOST,
  PUBLIC_URL,
  ADMIN_EMAIL,
  ADMIN_PASSWORD,
  RATE_LIMIT_FACTOR,
  TRUSTED_PROXIES,
  GATEWAY_CONFIG,
  LOG_LEVEL,
  OTEL_EXPORTER_OTLP_ENDPOINT,
} = embeddedEnvironment.shape;
const address = (protocol: RegExp, of: string) =>
  z
    .url({ protocol })
    .optional()
    .describe(`${of}. Unset: a private one, whose data go when the product ends.`);

/** Every environment variable of `npm run start:servers`; `docs/reference/configuration.md` is made from it. */
export const environment = z.object({
  GATEWAY_PORTS: twoPorts.prefault('8080,8081').describe('Ports of the two gateways.'),
  OPERATIONS_PORTS: twoPorts
    .prefault('9090,9091')
    .describe('Ports of /livez, /readyz and /metrics of the two gateways. On loopback alone.'),
  DATA_DIR: z
    .string()
    .min(1)
    .default('.gatehouse/servers')
    .describe('Folder for the logs, the secrets made at the first start and what each process keeps.'),
  ...{
    HOST,
    PUBLIC_URL,
    ADMIN_EMAIL,
    ADMIN_PASSWORD,
    RATE_LIMIT_FACTOR,
    TRUSTED_PROXIES,
    GATEWAY_CONFIG,
    LOG_LEVEL,
    OTEL_EXPORTER_OTLP_ENDPOINT,
  },
  USERS_DATABASE_URL: address(/^postgres(ql)?$/, 'Database of users'),
  POSTS_DATABASE_URL: address(/^postgres(ql)?$/, 'Database of posts'),
  ORDERS_DATABASE_URL: address(/^postgres(ql)?$/, 'Database of orders'),
  RABBITMQ_URL: address(/^amqps?$/, 'RabbitMQ'),
  CONSUL_HTTP_ADDR: address(/^https?$/, 'Consul agent of this machine'),
  CONSUL_HTTP_TOKEN: z.string().min(1).optional().describe('Token for Consul, where it asks for one.'),
  CONSUL_ACCEPT: embeddedEnvironment.shape.CONSUL_ACCEPT,
  REDIS_URL: address(/^rediss?$/, 'Redis'),
});

export const serviceNames = ['users', 'posts', 'orders'] as const;
export type ServiceName = (typeof serviceNames)[number];

/** Where the servers are; undefined ones are started. */
export type GivenAddresses = Readonly<{
  databases: Readonly<Record<ServiceName, string | undefined>>;
  rabbitMq: string | undefined;
  consul: string | undefined;
  redis: string | undefined;
}>;

export type ServersConfig = Readonly<{
  gateways: readonly Readonly<{ port: number; operationsPort: number }>[];
  host: string | undefined;
  publicUrl: string;
  dataDir: string;
  administrator: Readonly<{ email: string; password: string | undefined }>;
  consulToken: string | undefined;
  consulAccept: 'passing' | 'warning';
  given: GivenAddresses;
  /** Handed to every process, or to the gateways, as they came. */
  logLevel: string;
  otlpEndpoint: string | undefined;
  passedToGateways: Readonly<
    Record<'RATE_LIMIT_FACTOR' | 'TRUSTED_PROXIES' | 'GATEWAY_CONFIG', string | undefined>
  >;
}>;

/** @throws invalid_configuration naming every wrong variable at once */
export const parseConfig = (variables: Variables, root: string): ServersConfig => {
  const [env] = parseEnvironment(variables, environment);
  const [first] = env.GATEWAY_PORTS;
  return {
    gateways: env.GATEWAY_PORTS.map((port, i) => ({
      port,
      operationsPort: env.OPERATIONS_PORTS[i] as number,
    })),
    host: env.HOST,
    publicUrl: (env.PUBLIC_URL ?? `http://localhost:${first}`).replace(/\/$/, ''),
    dataDir: resolve(root, env.DATA_DIR),
    administrator: { email: env.ADMIN_EMAIL, password: env.ADMIN_PASSWORD },
    consulToken: env.CONSUL_HTTP_TOKEN,
    consulAccept: env.CONSUL_ACCEPT,
    given: {
      databases: {
        users: env.USERS_DATABASE_URL,
        posts: env.POSTS_DATABASE_URL,
        orders: env.ORDERS_DATABASE_URL,
      },
      rabbitMq: env.RABBITMQ_URL,
      consul: env.CONSUL_HTTP_ADDR,
      redis: env.REDIS_URL,
    },
    logLevel: env.LOG_LEVEL,
    otlpEndpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT,
    passedToGateways: {
      RATE_LIMIT_FACTOR: String(env.RATE_LIMIT_FACTOR),
      TRUSTED_PROXIES: env.TRUSTED_PROXIES,
      GATEWAY_CONFIG: env.GATEWAY_CONFIG && resolve(root, env.GATEWAY_CONFIG),
    },
  };
};

export const instanceFolder = (config: ServersConfig, name: string): string =>
  join(config.dataDir, 'instances', name);
