import { assertLayers } from '@gatehouse/testing';
import { it } from 'vitest';

it('keeps every dependency pointing at the domain', () =>
  assertLayers(import.meta.dirname, {
    'domain/': ['domain/', '@gatehouse/errors'],
    'application/': ['application/', 'domain/', '@gatehouse/errors', '@gatehouse/resilience'],
    'adapters/memory/': ['adapters/memory/', 'adapters/tokens/', 'application/', 'domain/'],
    'adapters/http/': [
      'adapters/http/',
      'adapters/postgres/postgres-mail.ts',
      'adapters/postgres/postgres-user-export.ts',
      'adapters/tokens/key-ring.ts',
      'application/',
      'domain/',
      '@gatehouse/auth',
      '@gatehouse/service-kit',
      'npm:zod',
    ],
    'adapters/': [
      'adapters/',
      'application/',
      'domain/',
      '@gatehouse/auth',
      '@gatehouse/contracts',
      '@gatehouse/database',
      '@gatehouse/event-store',
      '@gatehouse/messaging',
      '@gatehouse/resilience',
      'npm:kysely',
      'node:',
    ],
    'migrations/': ['migrations/', '@gatehouse/database', 'npm:kysely'],
  }));
