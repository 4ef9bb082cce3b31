import { assertLayers } from '@gatehouse/testing';
import { describe, it } from 'vitest';

const decisions = ['order/', '@gatehouse/contracts', '@gatehouse/errors', '@gatehouse/event-store'];

describe('the orders service', () => {
  it('decides purely, writes in one place, and lets HTTP, processes and projections stand around that', () =>
    assertLayers(import.meta.dirname, {
      'order/': decisions,
      'order/order-announcements.ts': [...decisions, '@gatehouse/messaging'],
      'order/order-writer.ts': [...decisions, '@gatehouse/messaging', '@gatehouse/database', 'npm:kysely'],
      'product/': [
        'product/',
        '@gatehouse/contracts',
        '@gatehouse/errors',
        '@gatehouse/messaging',
        '@gatehouse/database',
        'npm:kysely',
      ],
      'projections/': [
        'projections/',
        'order/',
        '@gatehouse/event-store',
        '@gatehouse/resilience',
        '@gatehouse/database',
        'npm:kysely',
      ],
      'processes/': [
        'processes/',
        'order/',
        'product/',
        '@gatehouse/contracts',
        '@gatehouse/event-store',
        '@gatehouse/messaging',
        '@gatehouse/resilience',
        '@gatehouse/database',
        'npm:kysely',
      ],
      'http/': [
        'http/',
        'order/',
        'product/',
        'projections/',
        'config.ts',
        '@gatehouse/contracts',
        '@gatehouse/event-store',
        '@gatehouse/resilience',
        '@gatehouse/database',
        '@gatehouse/service-kit',
        'npm:zod',
      ],
      'migrations/': ['migrations/', '@gatehouse/database', 'npm:kysely'],
    }));
});
