import type { ServiceClient } from '@gatehouse/registry';
import { createManualClock } from '@gatehouse/testing';
import { describe, expect, it } from 'vitest';
import { createApiDocument } from './api-document.ts';

type Answer = () => Promise<unknown>;

const documentOf = (service: string) => ({ paths: { [`/api/${service}`]: { get: {} } } });
const away: Answer = () => Promise.reject(new Error('away'));
const silent: Answer = () => new Promise(() => {});

const setUp = () => {
  const clock = createManualClock();
  const answers: Record<string, Answer> = {
    posts: async () => documentOf('posts'),
    orders: async () => documentOf('orders'),
  };
  let registered = Object.keys(answers);
  const client = {
    request: async (service: string) => ({ status: 200, headers: {}, data: await answers[service]?.() }),
  } as Pick<ServiceClient, 'request'>;
  const document = createApiDocument({
    registry: { list: async () => registered.map((service) => ({ service })) as never },
    client,
    clock,
    version: '1.0.0',
    own: () => documentOf('gateway'),
    findOutside: ({ path }) => [path],
  });
  return {
    clock,
    answers,
    leave: (...services: string[]) => {
      registered = services;
    },
    /** After the former one has gone stale. */
    next: async () => {
      await clock.advance(2_001);
      return document.get();
    },
    get: document.get,
  };
};

const pathsOf = (document: { paths?: object }) => Object.keys(document.paths ?? {});
const all = ['/api/gateway', '/api/orders', '/api/posts'];

describe('OpenAPI: the document of the whole product', () => {
  it('is merged live from whoever is registered', async () => {
    const { get, answers, next } = setUp();
    expect(pathsOf(await get())).toEqual(all);

    answers.posts = async () => ({ paths: { '/api/posts/new': { get: {} } } });
    expect(pathsOf(await next())).toContain('/api/posts/new');
  });

  it('is asked for once by many readers', async () => {
    const { get } = setUp();

    expect(get()).toBe(get());
  });

  it('keeps a service that is down, and says since when', async () => {
    const { get, answers, next, clock } = setUp();
    const asOf = new Date(clock.now()).toISOString();
    await get();
    answers.orders = away;
    const document = await next();

    expect(pathsOf(document)).toEqual(all);
    expect(document.info).toMatchObject({
      description: expect.stringContaining(`orders is away: its part is of ${asOf}.`),
      'x-gatehouse-services': [
        { service: 'orders', live: false, asOf },
        { service: 'posts', live: true },
      ],
    });
  });

  it('keeps a service that is not even registered any more', async () => {
    const { get, leave, answers, next } = setUp();
    await get();
    leave('posts');
    answers.orders = away;

    expect(pathsOf(await next())).toEqual(all);
  });

  it('waits a second at most for one that says nothing, once its last document is known', async () => {
    const { get, answers, clock } = setUp();
    await get();
    answers.orders = silent;
    await clock.advance(2_001);
    const document = get();
    await new Promise(setImmediate); // it has asked
    await clock.advance(1_000);

    expect(pathsOf(await document)).toEqual(all);
  });

  it('does not believe what is no document', async () => {
    const { get, answers, next } = setUp();
    await get();
    answers.orders = async () => 'nonsense';

    expect(pathsOf(await next())).toEqual(all);
  });
});
