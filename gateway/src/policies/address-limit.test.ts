import { createManualClock } from '@gatehouse/testing';
import { describe, expect, it } from 'vitest';
import { createTestExchange } from '../fixture/create-test-exchange.ts';
import type { Limiter } from '../limits/limiter.ts';
import { createMemoryLimiter } from '../limits/memory-limiter.ts';
import { createAddressLimit } from './address-limit.ts';

const windowMs = 60_000;
const routeLimit = { limit: 5, windowMs };

/** As a limiter that asks somebody else answers, and knows nothing by itself. */
const asking = ({ take, takeBoth, ...others }: Limiter): Limiter => ({
  ...others,
  asks: () => true,
  emptyForMs: () => 0,
  take: async (key, limit) => take(key, limit),
  takeBoth: async (first, second) => takeBoth(first, second),
});

const setUp = (change: (limiter: Limiter) => Limiter = (limiter) => limiter) => {
  const refusals: string[] = [];
  const addressLimit = createAddressLimit({
    limiter: change(createMemoryLimiter({ clock: createManualClock() })),
    requests: { limit: 2, windowMs },
    failedCredentials: { limit: 1, windowMs },
    onRefusal: (limit) => void refusals.push(limit),
  });
  const from = (group: string) => {
    const { exchange } = createTestExchange();
    return { ...exchange, client: { ...exchange.client, group, addressKey: `address|${group}` } };
  };
  const letIn = async (group = '192.0.2.1') => {
    const exchange = from(group);
    addressLimit.check(exchange);
    return addressLimit.takeWith(exchange, 'route', routeLimit);
  };
  return { addressLimit, from, letIn, refusals };
};

const rateLimited = (retryAfterSeconds: number) =>
  expect.objectContaining({ code: 'rate_limited', details: { retryAfterSeconds } });

describe.each([
  ['counts by itself', undefined],
  ['asks somebody else', asking],
] as const)('a limit by address that %s', (_, change) => {
  it('lets so many requests pass, and refuses the next one', async () => {
    const { letIn, refusals } = setUp(change);

    expect([await letIn(), await letIn()]).toEqual([4, 3]);
    await expect(letIn()).rejects.toEqual(rateLimited(30));
    expect(refusals).toEqual(['address']);
  });

  it('takes nothing from the limit of the route when it refuses', async () => {
    const { letIn } = setUp(change);
    for (let index = 0; index < 4; index += 1) await letIn().catch(() => {});

    expect(await letIn('192.0.2.2')).toBe(2);
  });

  it('counts each address by itself', async () => {
    const { letIn, refusals } = setUp(change);
    for (const group of ['192.0.2.1', '192.0.2.1', '192.0.2.2']) await letIn(group);

    expect(refusals).toEqual([]);
  });

  it('refuses too many bad credentials, and counts them apart from requests', async () => {
    const { addressLimit, from, letIn, refusals } = setUp(change);
    const refused = async () => addressLimit.refusalAfterFailedCredential(from('192.0.2.1'));

    expect(await refused()).toBeUndefined();
    expect(await refused()).toEqual(rateLimited(60));
    expect(refusals).toEqual(['credentials']);
    await letIn();
  });
});

describe('a request that ends before the limit of its route', () => {
  it('is counted by its address all the same, once', async () => {
    const { addressLimit, from } = setUp(asking);
    const refusals: unknown[] = [];
    for (let index = 0; index < 3; index += 1) {
      const exchange = from('192.0.2.1');
      addressLimit.check(exchange);
      refusals.push(await addressLimit.settle(exchange), addressLimit.settle(exchange));
    }

    expect(refusals).toEqual([undefined, undefined, undefined, undefined, rateLimited(30), undefined]);
  });

  it('owes nothing where it was counted at once', () => {
    const { addressLimit, from } = setUp();
    const exchange = from('192.0.2.1');
    addressLimit.check(exchange);

    expect(addressLimit.settle(exchange)).toBeUndefined();
  });
});

describe('what is known to be over without asking', () => {
  it('is refused without asking: the address before anything else', () => {
    const { addressLimit, from, refusals } = setUp((limiter) => ({
      ...asking(limiter),
      emptyForMs: (key) => (key.startsWith('address|') ? 7000 : 0),
    }));

    expect(() => addressLimit.check(from('192.0.2.1'))).toThrow(rateLimited(7));
    expect(refusals).toEqual(['address']);
  });

  it('is refused without asking: the route, and the address is counted with the refusal', async () => {
    const { addressLimit, from } = setUp((limiter) => ({
      ...asking(limiter),
      emptyForMs: (key) => (key === 'route' ? 7000 : 0),
    }));
    const exchange = from('192.0.2.1');
    addressLimit.check(exchange);

    expect(addressLimit.takeWith(exchange, 'route', routeLimit)).toBe(-7000);
    expect(addressLimit.settle(exchange)).toBeInstanceOf(Promise);
  });
});
