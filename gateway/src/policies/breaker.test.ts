import { createManualClock } from '@gatehouse/testing';
import { describe, expect, it } from 'vitest';
import { instanceAt } from '../fixture/fake-registry.ts';
import { startTestGateway } from '../fixture/start-test-gateway.ts';

const config = 'routes: [{ path: /api/*, service: posts, auth: none, retries: { attempts: 0 } }]';

const calls = async (url: string, count: number): Promise<number[]> => {
  const statuses = [];
  for (let index = 0; index < count; index += 1) {
    const answer = await fetch(`${url}/api/x`, { method: 'POST' });
    await answer.arrayBuffer();
    statuses.push(answer.status);
  }
  return statuses;
};

const answering = (status: () => number, headers: Record<string, string> = {}) =>
  startTestGateway({
    config,
    clock: createManualClock(),
    answer: (_request, response) => response.writeHead(status(), headers).end(),
  });

describe('a service that fails', () => {
  it.each([500, 502, 503, 504])('with %i five times in a row is not asked a sixth time', async (status) => {
    const { url, upstream } = await answering(() => status);

    expect(await calls(url, 5)).toEqual(Array(5).fill(status));
    const refused = await fetch(`${url}/api/x`);

    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(await refused.json()).toMatchObject({ code: 'circuit_open' });
    expect(upstream.received).toHaveLength(5);
  });

  it('is asked again after a while, and is back after three good answers', async () => {
    let status = 500;
    const clock = createManualClock();
    const { url, gateway } = await startTestGateway({
      config,
      clock,
      answer: (_request, response) => response.writeHead(status).end(),
    });
    await calls(url, 6);
    status = 200;
    await clock.advance(6001);

    expect(await calls(url, 3)).toEqual([200, 200, 200]);
    expect(gateway.inspection.breakers()).toMatchObject([{ name: 'posts', state: 'closed' }]);
  });

  it('is asked again at once when the registry has news of it', async () => {
    let status = 500;
    const { url, registry, upstream } = await answering(() => status);
    await calls(url, 6);
    status = 200;
    registry.set('posts', [instanceAt('posts', upstream.port)]);

    expect(await calls(url, 1)).toEqual([200]);
  });
});

describe('what says nothing about a service', () => {
  it.each([400, 404, 409, 429])('a %i', async (status) => {
    const { url, gateway } = await answering(() => status);

    expect(await calls(url, 8)).toEqual(Array(8).fill(status));
    expect(gateway.inspection.breakers()).toMatchObject([{ state: 'closed' }]);
  });

  it('a 503 with Retry-After: it lives, and refuses this one request', async () => {
    const { url, gateway } = await answering(() => 503, { 'retry-after': '1' });

    expect(await calls(url, 8)).toEqual(Array(8).fill(503));
    expect(gateway.inspection.breakers()).toMatchObject([{ state: 'closed', failures: 0 }]);
  });
});

describe('an operator', () => {
  it('holds a breaker open, and lets it go', async () => {
    const { url, gateway } = await answering(() => 200);
    gateway.inspection.setBreaker('posts', 'open');
    const held = await calls(url, 1);
    gateway.inspection.setBreaker('posts', 'auto');

    expect([...held, ...(await calls(url, 1))]).toEqual([503, 200]);
    expect(() => gateway.inspection.setBreaker('nobody', 'open')).toThrow(
      expect.objectContaining({ code: 'breaker_unknown' }),
    );
  });
});
