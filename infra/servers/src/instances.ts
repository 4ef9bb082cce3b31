import { gatewayNodeFlags } from '@gatehouse/gateway/node-flags';
import { instanceFolder, type ServersConfig, serviceNames } from './config.ts';
import type { ServerAddresses } from './private-servers.ts';

/** One process of the product. */
export type InstancePlan = Readonly<{
  name: string;
  /** From the root of the repository. */
  entry: string;
  nodeFlags?: readonly string[];
  env: Readonly<Record<string, string>>;
}>;

export type PlanParts = Readonly<{
  config: ServersConfig;
  addresses: ServerAddresses;
  secret: string;
  administratorPassword: string;
}>;

const instancesOfService = 2;

/** Two instances of each service and two gateways, each with the variables that it reads and no others. */
export const planInstances = (parts: PlanParts): readonly InstancePlan[] => [
  ...serviceNames.flatMap((service) =>
    Array.from({ length: instancesOfService }, (_, i): InstancePlan => {
      const name = `${service}-${i + 1}`;
      return {
        name,
        entry: `services/${service}/src/main.ts`,
        env: {
          ...variablesOfAll(parts, name),
          [`${service.toUpperCase()}_DATABASE_URL`]: parts.addresses.databases[service],
          ...(service === 'users' ? variablesOfUsers(parts) : {}),
        },
      };
    }),
  ),
  ...parts.config.gateways.map(({ port, operationsPort }, i): InstancePlan => {
    const name = `gateway-${i + 1}`;
    return {
      name,
      entry: 'gateway/src/main.ts',
      nodeFlags: gatewayNodeFlags,
      env: {
        ...variablesOfAll(parts, name),
        ...withoutUnset({ ...parts.config.passedToGateways, HOST: parts.config.host }),
        PORT: String(port),
        OPERATIONS_PORT: String(operationsPort),
        REDIS_URL: parts.addresses.redis,
      },
    };
  }),
];

const variablesOfAll = ({ config, addresses, secret }: PlanParts, name: string): Record<string, string> =>
  withoutUnset({
    RABBITMQ_URL: addresses.rabbitMq,
    CONSUL_HTTP_ADDR: addresses.consul,
    CONSUL_HTTP_TOKEN: config.consulToken,
    CONSUL_ACCEPT: config.consulAccept,
    SERVICE_TOKEN_SECRET: secret,
    DATA_DIR: instanceFolder(config, name),
    LOG_LEVEL: config.logLevel,
    OTEL_EXPORTER_OTLP_ENDPOINT: config.otlpEndpoint,
  });

const variablesOfUsers = ({ config, administratorPassword }: PlanParts): Record<string, string> => ({
  PUBLIC_URL: config.publicUrl,
  ADMIN_EMAIL: config.administrator.email,
  ADMIN_PASSWORD: administratorPassword,
});

const withoutUnset = (variables: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(variables).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
