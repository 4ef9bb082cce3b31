import { styleText } from 'node:util';
import type { ServersConfig } from './config.ts';
import type { RunningProduct } from './start.ts';

/** What a person sees when all of it runs. Addresses of servers go without their passwords. */
export const startScreen = (
  config: ServersConfig,
  product: RunningProduct,
  facts: Readonly<{ version: string; tookMs: number; logs: string }>,
): string => {
  const { addresses, instances } = product;
  const [first] = config.gateways;
  const url = `http://localhost:${first?.port}`;
  const lines = [
    '',
    `  ${styleText('bold', `Gatehouse ${facts.version}`)}   as separate processes, ready in ${(facts.tookMs / 1000).toFixed(1)} s`,
    '',
    ...(config.publicUrl === url ? [] : [`  Public      ${config.publicUrl}`]),
    ...config.gateways.map(
      ({ port, operationsPort }) =>
        `  Gateway     http://localhost:${port}   operations http://localhost:${operationsPort}`,
    ),
    `  API docs    ${url}/docs`,
    ...instances
      .toSorted((a, b) => a.service.localeCompare(b.service))
      .map(({ service, address, port }) => `  ${service.padEnd(11)} http://${address}:${port}   inside only`),
    '',
    `  PostgreSQL  ${[...new Set(Object.values(addresses.databases).map(placeOf))].join(', ')}`,
    `  RabbitMQ    ${placeOf(addresses.rabbitMq)}`,
    `  Consul      ${addresses.consul}`,
    `  Redis       ${placeOf(addresses.redis)}`,
    ...(addresses.started.length === 0
      ? []
      : [
          `  Started here, and gone with their data when it ends: ${addresses.started.toSorted().join(', ')}`,
        ]),
    `  Logs        ${facts.logs}`,
    '',
    `  Administrator  ${config.administrator.email}`,
    `  Password       ${passwordOf(config, product)}`,
    '',
    '  Try',
    `    curl ${url}/api/posts`,
    '',
    '  Ctrl-C drains and ends all of it.',
    '',
  ];
  return lines.join('\n');
};

const placeOf = (url: string): string => new URL(url).host;

const passwordOf = (config: ServersConfig, { newAdministratorPassword }: RunningProduct): string => {
  if (newAdministratorPassword !== undefined) return `${newAdministratorPassword}   (shown this once)`;
  return config.administrator.password === undefined
    ? `the one shown at the first start (also in ${config.dataDir}/secrets.json)`
    : 'the one in ADMIN_PASSWORD';
};
