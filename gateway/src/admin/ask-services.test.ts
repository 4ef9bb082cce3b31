import { AppError } from '@gatehouse/errors';
import type { InstanceReport, ServiceRequest } from '@gatehouse/registry';
import { describe, expect, it } from 'vitest';
import { createAskServices } from './ask-services.ts';

const away = new AppError({ code: 'service_unavailable', kind: 'unavailable', message: 'Nobody is there.' });
const unknown = new AppError({ code: 'not_found', kind: 'not-found', message: 'There is nothing here.' });
const refused = new AppError({ code: 'dead_letter_replayed', kind: 'conflict', message: 'Done already.' });

type Say = () => unknown;

const say =
  (data: unknown): Say =>
  () =>
    data;
const fail =
  (error: AppError): Say =>
  () => {
    throw error;
  };

const askServices = (services: Readonly<Record<string, readonly Say[]>>) => {
  const asked: string[] = [];
  const instances = Object.entries(services).flatMap(([service, all]) => all.map(() => ({ service })));
  return {
    asked,
    ask: createAskServices({
      registry: { list: async () => instances as InstanceReport[] },
      client: {
        request: async <T>(service: string, { path }: ServiceRequest) => {
          asked.push(`${service} ${path}`);
          return { status: 200, headers: {}, data: { data: services[service]?.[0]?.() } as T };
        },
        requestAll: async <T>(service: string) =>
          (services[service] ?? []).map((answer) => {
            const instance = { service } as InstanceReport;
            try {
              const data = { data: answer() } as T;
              return { instance, ok: true as const, response: { status: 200, headers: {}, data } };
            } catch (error) {
              return { instance, ok: false as const, error: error as AppError };
            }
          }),
      },
    }),
  };
};

describe('asking every service', () => {
  it('asks the wanted one alone, and nobody when there is none of that name', async () => {
    const { ask, asked } = askServices({ users: [say(1)], posts: [say(2)] });

    expect(await ask.all({ path: '/x' }, 'posts')).toEqual({
      answers: [{ service: 'posts', data: 2 }],
      unavailable: [],
    });
    expect(await ask.all({ path: '/x' }, 'nobody')).toEqual({ answers: [], unavailable: [] });
    expect(asked).toEqual(['posts /x']);
  });

  it('asks each once, however many instances it has', async () => {
    const { ask, asked } = askServices({ users: [say(1), say(1)], posts: [say(2)] });

    expect(await ask.all({ path: '/x' })).toEqual({
      answers: [
        { service: 'posts', data: 2 },
        { service: 'users', data: 1 },
      ],
      unavailable: [],
    });
    expect(asked).toHaveLength(2);
  });

  it('names who said nothing, and keeps what the others know', async () => {
    const { ask } = askServices({ users: [fail(away)], posts: [say(2)] });

    expect(await ask.all({ path: '/x' })).toEqual({
      answers: [{ service: 'posts', data: 2 }],
      unavailable: ['users'],
    });
  });
});

describe('asking for a thing whose owner is not known', () => {
  it('goes on until somebody has it', async () => {
    const { ask } = askServices({ orders: [fail(unknown)], users: [say('mine')] });

    expect(await ask.owner({ path: '/x' })).toBe('mine');
  });

  it('says that nobody has it', async () => {
    const { ask } = askServices({ orders: [fail(unknown)] });

    await expect(ask.owner({ path: '/x' })).rejects.toMatchObject({ code: 'not_found' });
  });

  it('does not say so while somebody who may have it is away', async () => {
    const { ask } = askServices({ orders: [fail(away)], users: [fail(unknown)] });

    await expect(ask.owner({ path: '/x' })).rejects.toBe(away);
  });

  it('takes a refusal of the owner as the answer', async () => {
    const { ask, asked } = askServices({ orders: [fail(refused)], users: [say('mine')] });

    await expect(ask.owner({ path: '/x' })).rejects.toBe(refused);
    expect(asked).toEqual(['orders /x']);
  });
});

describe('telling every instance of a service', () => {
  it('answers as the first', async () => {
    const { ask } = askServices({ posts: [say('done'), say('done')] });

    expect(await ask.instances('posts', { path: '/x' })).toBe('done');
  });

  it('fails when one of them did not do it', async () => {
    const { ask } = askServices({ posts: [say('done'), fail(away)] });

    await expect(ask.instances('posts', { path: '/x' })).rejects.toBe(away);
  });

  it('is refused while there is none', async () => {
    await expect(askServices({}).ask.instances('posts', { path: '/x' })).rejects.toMatchObject({
      code: 'service_unavailable',
    });
  });
});
