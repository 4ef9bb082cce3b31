import type { ServiceRequest } from '@gatehouse/registry';
import type { RouteInput } from '@gatehouse/service-kit';
import { describe, expect, it } from 'vitest';
import type { AskServices } from './ask-services.ts';
import { deadLetterRoutes } from './dead-letter-routes.ts';

const report = (replayed: number) => ({
  matched: 5,
  replayed,
  refused: 1,
  overtaken: 0,
  left: 5 - replayed - 1,
  letters: [{ id: `of ${replayed}` }],
});

const open = (answers: Readonly<Record<string, unknown>>) => {
  const asked: { request: ServiceRequest; wanted: string | undefined }[] = [];
  const all = async (request: ServiceRequest, wanted?: string) => {
    asked.push({ request, wanted });
    const told = Object.entries(answers).map(([service, data]) => ({ service, data }));
    return { answers: told, unavailable: ['users'] };
  };
  const routes = deadLetterRoutes({ all } as unknown as AskServices);
  return {
    asked,
    call: async (method: string, path: string, query: object) => {
      const found = routes.find((one) => one.method === method && one.path === path);
      return found?.handle({ query } as RouteInput);
    },
  };
};

describe('a replay of all dead letters that fit', () => {
  it('asks every service with the filter, and adds up what they say', async () => {
    const { call, asked } = open({ orders: report(2), posts: report(1) });
    const query = { type: 'order', limit: 10, dryRun: '' };

    expect(await call('POST', '/admin/dead-letters/replay', query)).toMatchObject({
      data: {
        dryRun: true,
        matched: 10,
        replayed: 3,
        refused: 2,
        overtaken: 0,
        left: 5,
        letters: [
          { service: 'orders', id: 'of 2' },
          { service: 'posts', id: 'of 1' },
        ],
      },
      meta: { unavailable: ['users'] },
    });
    expect(asked).toMatchObject([
      { request: { method: 'POST', query: { type: 'order', limit: 10, dryRun: true } }, wanted: undefined },
    ]);
  });

  it('is meant when it does not say otherwise, and of one service if that is wanted', async () => {
    const { call, asked } = open({ posts: report(1) });
    const answer = await call('POST', '/admin/dead-letters/replay', { service: 'posts', limit: 100 });

    expect(answer).toMatchObject({ data: { dryRun: false, replayed: 1 } });
    expect(asked).toMatchObject([{ wanted: 'posts' }]);
    expect(asked[0]?.request.query).not.toHaveProperty('dryRun');
  });
});

describe('the list of dead letters', () => {
  it('is of all services, the last failure first', async () => {
    const { call } = open({
      orders: [{ id: 'a', lastFailedAt: '2026-01-01T00:00:01.000Z' }],
      posts: [
        { id: 'b', lastFailedAt: '2026-01-01T00:00:02.000Z' },
        { id: 'c', lastFailedAt: '2026-01-01T00:00:00.000Z' },
      ],
    });

    expect(await call('GET', '/admin/dead-letters', { limit: 2 })).toMatchObject({
      data: [
        { service: 'posts', id: 'b' },
        { service: 'orders', id: 'a' },
      ],
    });
  });
});
