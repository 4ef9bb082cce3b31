import { createManualClock } from '@gatehouse/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { defaultServiceConfig } from '../config/gateway-config.ts';
import { createTestExchange } from '../fixture/create-test-exchange.ts';
import { createFakeRegistry, instanceAt } from '../fixture/fake-registry.ts';
import { gatewayError } from '../gateway-error.ts';
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
  it('tells it to the try, and counts the request in there', () => {
    const { service, exchange } = setUp(['one']);
    const during: unknown[] = [];
    pickInstance(service)(({ instance }) => {
      during.push(instance?.instance.id, service.inFlight(), service.inFlightOf('one'));
    })(exchange);

    expect(during).toEqual(['one', 1, 1]);
  });

  it('counts the request out when no try is made', () => {
    const { service, exchange } = setUp(['one']);
    const attempt = pickInstance(service)(() => {
      throw gatewayError('overloaded');
    });

    expect(() => attempt(exchange)).toThrow(expect.objectContaining({ code: 'overloaded' }));
    expect(service.inFlight()).toBe(0);
  });

  it('leaves out what has failed this request, while there is another', () => {
    const { service, exchange } = setUp(['one', 'two']);
    const chosen: unknown[] = [];
    const attempt = pickInstance(service)(({ instance }) => void chosen.push(instance?.instance.id));

    for (const tried of [['one'], ['two'], ['one', 'two']]) {
      exchange.tried = tried;
      attempt(exchange);
    }

    expect(chosen).toEqual(['two', 'one', expect.stringMatching(/one|two/)]);
  });

  it('is refused when there is none', () => {
    const { service, exchange } = setUp([]);

    expect(() => pickInstance(service)(() => {})(exchange)).toThrow(
      expect.objectContaining({ code: 'service_unavailable', details: { retryAfterSeconds: 1 } }),
    );
  });

  it('is refused when the service has as many requests as it may', () => {
    const { service, exchange } = setUp(['one'], 1);
    const attempt = pickInstance(service)(() => {});
    attempt(exchange);

    expect(() => attempt(createTestExchange().exchange)).toThrow(
      expect.objectContaining({ code: 'overloaded', details: { retryAfterSeconds: 1 } }),
    );
    expect(service.inFlight()).toBe(1);
  });
});
