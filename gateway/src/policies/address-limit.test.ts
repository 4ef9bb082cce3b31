import { createManualClock } from '@gatehouse/testing';
import { describe, expect, it } from 'vitest';
import { createTestExchange } from '../fixture/create-test-exchange.ts';
import type { Limiter } from '../limits/limiter.ts';
import { createMemoryLimiter } from '../limits/memory-limiter.ts';
import { createAddressLimit } from './address-limit.ts';

const windowMs = 60_000;

/** As a limiter that asks somebody else answers. */
const asking = ({ take, ...others }: Limiter): Limiter => ({
  ...others,
  take: async (key, limit) => take(key, limit),
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
    return { ...exchange, client: { ...exchange.client, group } };
  };
  return { addressLimit, from, refusals };
};

const rateLimited = (retryAfterSeconds: number) =>
  expect.objectContaining({ code: 'rate_limited', details: { retryAfterSeconds } });

describe.each([
  ['counts by itself', undefined],
  ['asks somebody else', asking],
] as const)('a limit by address that %s', (_, change) => {
  it('lets so many requests pass, and refuses the next one', async () => {
    const { addressLimit, from, refusals } = setUp(change);
    const check = async () => addressLimit.check(from('192.0.2.1'));

    await check();
    await check();
    await expect(check()).rejects.toEqual(rateLimited(30));
    expect(refusals).toEqual(['address']);
  });

  it('counts each address by itself', async () => {
    const { addressLimit, from, refusals } = setUp(change);
    for (const group of ['192.0.2.1', '192.0.2.1', '192.0.2.2']) await addressLimit.check(from(group));

    expect(refusals).toEqual([]);
  });

  it('refuses too many bad credentials, and counts them apart from requests', async () => {
    const { addressLimit, from, refusals } = setUp(change);
    const refused = async () => addressLimit.refusalAfterFailedCredential(from('192.0.2.1'));

    expect(await refused()).toBeUndefined();
    expect(await refused()).toEqual(rateLimited(60));
    expect(refusals).toEqual(['credentials']);
    await addressLimit.check(from('192.0.2.1'));
  });
});
