import { z } from 'zod';
import { environment } from './config.ts';

type Setting = Readonly<{ name: string; fallback: string | undefined; description: string; values: string }>;

/** The settings as the schema states them, in its order. */
export const listSettings = (): readonly Setting[] => {
  const { properties = {} } = z.toJSONSchema(environment, { io: 'input', unrepresentable: 'any' });
  return Object.entries(properties).map(([name, property]) => {
    const schema = property as { default?: unknown; description?: string; enum?: readonly string[] };
    return {
      name,
      fallback: schema.default === undefined ? undefined : String(schema.default),
      description: schema.description ?? '',
      values: schema.enum?.join(', ') ?? '',
    };
  });
};

export const configurationTable = (): string =>
  [
    '# Configuration',
    '',
    'Environment variables of `npm start`; a file `.env` in the root of the repository is read as well. An empty variable counts as unset. Every wrong one is named at once, before anything starts.',
    '',
    '| variable | default | what for |',
    '|---|---|---|',
    ...listSettings().map(({ name, fallback, description, values }) => {
      const choice = values === '' ? '' : ` One of: ${values}.`;
      return `| \`${name}\` | ${fallback ? `\`${fallback}\`` : ''} | ${description}${choice} |`;
    }),
    '',
    'The routes and their policies are in `gateway/gateway.yaml`.',
    '',
  ].join('\n');

export const dotenvExample = (): string =>
  [
    '# Copy to .env and change what you need. Generated from infra/embedded/src/config.ts.',
    ...listSettings().flatMap(({ name, fallback, description }) => [
      '',
      `# ${description}`,
      `#${name}=${fallback ?? ''}`,
    ]),
    '',
  ].join('\n');
