import { assertLayers } from '@gatehouse/testing';
import { it } from 'vitest';

const service = `${import.meta.dirname}/..`;
const ofPlugin = (...files: string[]) => files.map((file) => `plugins/comments/${file}`);

it('lets each layer call only the one below', () => {
  const models = 'src/models/';
  const time = ['@gatehouse/contracts', '@gatehouse/resilience'];

  assertLayers(service, {
    'src/models/': [models, '@gatehouse/errors', '@gatehouse/auth'],
    'src/repositories/': [
      'src/repositories/',
      models,
      '@gatehouse/contracts',
      '@gatehouse/messaging',
      'kysely',
    ],
    'src/services/': ['src/services/', 'src/repositories/', models, '@gatehouse/auth', ...time],
    'src/controllers/': [
      'src/controllers/',
      'src/services/',
      models,
      '@gatehouse/service-kit',
      '@gatehouse/contracts',
      '@gatehouse/messaging',
      'zod',
    ],
    'migrations/': ['migrations/', '@gatehouse/database', 'kysely'],
  });
});

it('lets the comments plugin know of posts only what the host says it offers', () => {
  const models = ofPlugin('comment.ts', 'comment-errors.ts', 'comment-access.ts');
  const repositories = ofPlugin('comments-repository.ts', 'threads-repository.ts', 'comment-events.ts');
  const services = ofPlugin('comments-service.ts', 'thread-keeper.ts');

  assertLayers(service, {
    'plugins/': ['plugins/', 'src/plugin-services.ts', '@gatehouse/database', '@gatehouse/plugin-host'],
    ...rulesFor(models, [...models, '@gatehouse/errors', '@gatehouse/auth']),
    ...rulesFor(repositories, [
      ...models,
      ...repositories,
      ...ofPlugin('comment-tables.ts'),
      '@gatehouse/contracts',
      '@gatehouse/messaging',
      'kysely',
    ]),
    ...rulesFor(services, [
      ...models,
      ...repositories,
      ...services,
      'src/plugin-services.ts',
      '@gatehouse/auth',
      '@gatehouse/contracts',
      '@gatehouse/resilience',
    ]),
    ...rulesFor(ofPlugin('comments-routes.ts', 'comment-schemas.ts'), [
      ...models,
      ...services,
      ...ofPlugin('comment-schemas.ts'),
      '@gatehouse/service-kit',
      'zod',
    ]),
    ...rulesFor(ofPlugin('comments-subscription.ts'), [
      ...services,
      '@gatehouse/contracts',
      '@gatehouse/messaging',
    ]),
    ...rulesFor(ofPlugin('comments-link.ts'), ['node:http']),
    ...rulesFor(ofPlugin('comment-tables.ts'), models),
    ...rulesFor(ofPlugin('migrations/'), ['kysely']),
  });
});

const rulesFor = (files: readonly string[], allowed: readonly string[]) =>
  Object.fromEntries(files.map((file) => [file, allowed]));
