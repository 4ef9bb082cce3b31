import { createManualClock } from '@gatehouse/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { defaultServiceConfig } from '../config/gateway-config.ts';
import { createTestExchange } from '../fixture/create-test-exchange.ts';
import { createFakeRegistry, instanceAt } from '../fixture/fake-registry.ts';
import { createUpstreamService } from '../upstream/upstream-service.ts';
import { pickInstance } from './pick-instance.ts';

const setUp = (ids: readonly string[], maxInFlight = 10) => {
  const registry = createFakeRegistry();
  const service = createUpstreamService({
    ...{ name: 'posts', registry, clock: createManualClock() },
    config: { ...defaultServiceConfig, maxInFlight },
    retryBudgetRatio: 0.2,
  });
  registry.set(
    'posts',
    ids.map((id, index) => instanceAt('posts', 9000 + index, id)),
  );
  onTestFinished(() => service.close());
  return { service, exchange: createTestExchange().exchange };
};

describe('choosing the instance of a try', () => {
  it('tells it to the try, and counts the request in there until the try is over', async () => {
    const { service, exchange } = setUp(['one']);
    const failure = { kind: 'reset' } as const;
    const during: unknown[] = [];
    const attempt = pickInstance(service)(async ({ instance }) => {
      during.push(instance?.instance.id, service.inFlight(), service.inFlightOf('one'));
      return failure;
    });

    expect(await attempt(exchange)).toBe(failure);
    expect(during).toEqual(['one', 1, 1]);
    expect([service.inFlight(), service.inFlightOf('one')]).toEqual([0, 0]);
  });

  it('counts the request out when the try throws', async () => {
    const { service, exchange } = setUp(['one']);
    const bug = new TypeError('a bug');

    await expect(pickInstance(service)(() => Promise.reject(bug))(exchange)).rejects.toBe(bug);
    expect(service.inFlight()).toBe(0);
  });

  it('leaves out what has failed this request, while there is another', async () => {
    const { service, exchange } = setUp(['one', 'two']);
    const chosen: unknown[] = [];
    const attempt = pickInstance(service)(async ({ instance }) => void chosen.push(instance?.instance.id));

    for (const tried of [['one'], ['two'], ['one', 'two']]) {
      exchange.tried = tried;
      await attempt(exchange);
    }

    expect(chosen).toEqual(['two', 'one', expect.stringMatching(/one|two/)]);
  });

  it('is refused when there is none', async () => {
    const { service, exchange } = setUp([]);

    await expect(pickInstance(service)(async () => undefined)(exchange)).rejects.toMatchObject({
      code: 'service_unavailable',
      details: { retryAfterSeconds: 1 },
    });
  });

  it('is refused when the service has as many requests as it may', async () => {
    const { service, exchange } = setUp(['one'], 1);
    const { promise: inside, resolve: leave } = Promise.withResolvers<undefined>();
    const first = pickInstance(service)(() => inside)(exchange);

    await expect(
      pickInstance(service)(async () => undefined)(createTestExchange().exchange),
    ).rejects.toMatchObject({ code: 'overloaded', details: { retryAfterSeconds: 1 } });
    expect(service.inFlight()).toBe(1);
    leave(undefined);
    await first;
    expect(service.inFlight()).toBe(0);
  });
});
