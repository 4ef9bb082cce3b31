import { isAbsolute, join, relative } from 'node:path';
import { environment as embeddedEnvironment } from '@gatehouse/embedded';
import { gatewayEnvironment, gatewayServersEnvironment } from '@gatehouse/gateway';
import { databaseEnvironment, serviceEnvironment } from '@gatehouse/service-kit';
import { usersEnvironment } from '@gatehouse/users';
import { z } from 'zod';
import { environment as serversEnvironment, serviceNames } from './config.ts';

const root = join(import.meta.dirname, '../../..');

type Setting = Readonly<{ name: string; fallback: string; description: string; values: string }>;

/** The settings of some schemas as they state them, in their order. */
export const listSettings = (...schemas: readonly z.ZodType[]): readonly Setting[] =>
  schemas.flatMap((schema) => {
    const { properties = {}, required = [] } = z.toJSONSchema(schema, {
      io: 'input',
      unrepresentable: 'any',
    });
    return Object.entries(properties).map(([name, property]) => {
      const { default: fallback, description, ...rest } = property as Property;
      return {
        name,
        fallback: required.includes(name) ? 'required' : fallbackOf(fallback),
        description: description ?? '',
        values: rest.enum?.join(', ') ?? '',
      };
    });
  });

type Property = Readonly<{ default?: unknown; description?: string; enum?: readonly string[] }>;

/** Paths in the repository without what they are on this machine. */
const fallbackOf = (value: unknown): string => {
  const text = String(value ?? '');
  if (text === '') return '';
  return `\`${isAbsolute(text) ? relative(root, text) : text}\``;
};

type Chapter = Readonly<{ title: string; says: string; schemas: readonly z.ZodType[] }>;

/** Every way of starting something, and the variables that it reads. */
export const chapters: readonly Chapter[] = [
  {
    title: '`npm start`',
    says: 'Everything in one process; each address replaces its part. A file `.env` in the root of the repository is read as well.',
    schemas: [embeddedEnvironment],
  },
  {
    title: '`npm run start:servers`',
    says: 'Two processes of each service and two gateways, on the servers whose addresses are given and private ones for the others. Reads `.env` too.',
    schemas: [serversEnvironment],
  },
  {
    title: '`npm start -w services/users`, `services/posts`, `services/orders`',
    says: 'One instance of one service; any number of them run side by side. Each reads the database variable of its own name.',
    schemas: [...serviceNames.map(databaseEnvironment), serviceEnvironment],
  },
  { title: 'Users alone', says: 'Beside those of every service.', schemas: [usersEnvironment] },
  {
    title: '`npm start -w gateway`',
    says: 'One gateway; any number of them run side by side.',
    schemas: [gatewayServersEnvironment, gatewayEnvironment],
  },
];

export const configurationPage = (): string =>
  [
    '# Configuration',
    '',
    'Environment variables, by what is started. An empty variable counts as unset. Everything that is missing or wrong is named at once, before anything starts; values are never repeated.',
    ...chapters.flatMap(({ title, says, schemas }) => [
      '',
      `## ${title}`,
      '',
      says,
      '',
      '| variable | default | what for |',
      '|---|---|---|',
      ...listSettings(...schemas).map(({ name, fallback, description, values }) => {
        const choice = values === '' ? '' : ` One of: ${values}.`;
        return `| \`${name}\` | ${fallback} | ${description.replace(/(?<![.!?])$/, '.')}${choice} |`;
      }),
    ]),
    '',
    'The routes and their policies are in `gateway/gateway.yaml`.',
    '',
  ].join('\n');

export const dotenvExample = (): string =>
  [
    '# Copy to .env and change what you need. Generated from infra/embedded/src/config.ts.',
    ...listSettings(embeddedEnvironment).flatMap(({ name, fallback, description }) => [
      '',
      `# ${description}`,
      `#${name}=${fallback.replaceAll('`', '')}`,
    ]),
    '',
  ].join('\n');
