import { createManualClock } from '@gatehouse/testing';
import { describe, expect, it } from 'vitest';
import { startTestGateway } from '../fixture/start-test-gateway.ts';
import type { Limiter } from './limiter.ts';
import { createMemoryLimiter } from './memory-limiter.ts';

/** Decides like the memory limiter, but a turn later, as one does that has to ask. */
const createAskingLimiter = (): Limiter => {
  const limiter = createMemoryLimiter({ clock: createManualClock() });
  return {
    ...limiter,
    asks: () => true,
    take: async (key, limit) => limiter.take(key, limit),
    takeBoth: async (first, second) => limiter.takeBoth(first, second),
    clear: async (key) => limiter.clear(key),
  };
};

const start = (addressLimit: string) =>
  startTestGateway({
    config: `
addressLimit: ${addressLimit}
routes: [{ path: /api/*, service: posts, auth: optional, rateLimit: { limit: 2, window: 60s } }]`,
    limiter: createAskingLimiter(),
  });

const callTimes = async (times: number, url: string, headers: Record<string, string> = {}) => {
  const answers = [];
  for (let index = 0; index < times; index += 1) answers.push(await fetch(url, { headers }));
  return answers;
};
const statusesOf = (answers: readonly Response[]) => answers.map(({ status }) => status);

describe('a gateway whose limiter has to ask', () => {
  it('counts callers, and says what is left', async () => {
    const { url, upstream } = await start('{ requests: 100, window: 60s }');
    const answers = await callTimes(3, `${url}/api/a`);

    expect(statusesOf(answers)).toEqual([200, 200, 429]);
    expect(answers.map(({ headers }) => headers.get('ratelimit'))).toEqual([
      '"posts-0";r=1;t=60',
      '"posts-0";r=0;t=60',
      '"posts-0";r=0;t=30',
    ]);
    expect([answers[2]?.headers.get('retry-after'), upstream.received.length]).toEqual(['30', 2]);
  });

  it('counts addresses before anything else', async () => {
    const { url } = await start('{ requests: 2, window: 60s }');

    expect(statusesOf(await callTimes(3, `${url}/nowhere`))).toEqual([404, 404, 429]);
  });

  it('counts refused credentials, and lets good ones pass still', async () => {
    const { url } = await start('{ requests: 100, failedCredentials: 2, window: 60s }');
    const refused = await callTimes(3, `${url}/api/a`, { authorization: 'Bearer bad' });
    const [good] = await callTimes(1, `${url}/api/a`, { authorization: 'Bearer user-1' });

    expect([...statusesOf(refused), good?.status]).toEqual([401, 401, 429, 200]);
  });

  it('passes a body on that came while it asked', async () => {
    const { url, upstream } = await start('{ requests: 100, window: 60s }');
    const body = 'x'.repeat(200_000);
    const answer = await fetch(`${url}/api/a`, { method: 'POST', body });

    expect(answer.status).toBe(200);
    expect(upstream.received).toHaveLength(1);
  });

  it('gives a counter back over the inspection', async () => {
    const { url, gateway } = await start('{ requests: 100, window: 60s }');
    await callTimes(3, `${url}/api/a`);

    expect(await gateway.inspection.clearRateLimit('posts-0|ip:127.0.0.1')).toBe(true);
    expect(statusesOf(await callTimes(1, `${url}/api/a`))).toEqual([200]);
  });
});
