import { createManualClock } from '@gatehouse/testing';
import { describe, expect, it, vi } from 'vitest';
import { startTestGateway } from './fixture/start-test-gateway.ts';

const route = (path: string, more = ''): string =>
  `routes: [{ name: open, path: ${path}, service: posts, auth: none${more} }]`;

describe('configuration: what outlives a reload', () => {
  it('the counts of limits', async () => {
    let next = route('/v2/*');
    const { gateway, url } = await startTestGateway({ clock: createManualClock(), nextConfig: () => next });
    await (await fetch(`${url}/api/x`)).text();
    await gateway.inspection.reload();
    await (await fetch(`${url}/v2/x`)).text();

    expect(gateway.inspection.rateLimits()).toMatchObject([
      { limit: 'address', remaining: 5998 },
      { remaining: 598 },
    ]);
    next = route('/v3/*', ', rateLimit: { limit: 1, window: 60s, by: ip }');
    await gateway.inspection.reload();
    expect((await fetch(`${url}/v3/x`)).status).toBe(200);
    expect((await fetch(`${url}/v3/x`)).status).toBe(429);
  });

  it('a breaker that is held, and the connections', async () => {
    const sockets = new Set<unknown>();
    const { gateway, url } = await startTestGateway({
      nextConfig: () => route('/v2/*'),
      answer: (request, response) => {
        sockets.add(request.socket);
        response.end();
      },
    });
    await (await fetch(`${url}/api/x`)).text();
    gateway.inspection.setBreaker('posts', 'open');
    await gateway.inspection.reload();

    expect((await fetch(`${url}/v2/x`)).status).toBe(503);
    gateway.inspection.setBreaker('posts', 'closed');
    expect((await fetch(`${url}/v2/x`)).status).toBe(200);
    expect(sockets.size).toBe(1);
  });

  it('every request, however many reloads there are meanwhile', async () => {
    let version = 0;
    const { gateway, url } = await startTestGateway({
      nextConfig: () => route('/api/*', `, timeout: ${10 + (version % 5)}s`),
    });

    const statuses: number[] = [];
    const ask = async (): Promise<void> => {
      for (let time = 0; time < 20; time += 1) {
        const answer = await fetch(`${url}/api/x`);
        await answer.text();
        statuses.push(answer.status);
        version += 1;
        await gateway.inspection.reload();
      }
    };
    await Promise.all([ask(), ask(), ask(), ask()]);

    expect(statuses).toHaveLength(80);
    expect(new Set(statuses)).toEqual(new Set([200]));
  });
});

describe('configuration: a reload changes what belongs to no route', () => {
  it('the limits of addresses', async () => {
    const { gateway, url } = await startTestGateway({
      clock: createManualClock(),
      nextConfig: () => `addressLimit: { requests: 2, window: 60s }\n${route('/api/*')}`,
    });
    await gateway.inspection.reload();

    const statuses: number[] = [];
    for (let time = 0; time < 3; time += 1) statuses.push((await fetch(`${url}/api/x`)).status);

    expect(statuses).toEqual([200, 200, 429]);
  });
});

describe('configuration: a reload that is refused', () => {
  it('changes nothing, not even what of it was right', async () => {
    const { gateway, url, upstream } = await startTestGateway({
      nextConfig: () => `services: { posts: { maxInFlight: 1 } }\n${route('/v2/*', ', colour: red')}`,
      answer: (_request, response) => {
        finish.push(() => response.end());
      },
    });
    const finish: (() => void)[] = [];
    await expect(gateway.inspection.reload('file')).rejects.toMatchObject({ code: 'config_invalid' });

    const answers = [fetch(`${url}/api/x`), fetch(`${url}/api/y`)];
    await vi.waitFor(() => expect(upstream.received).toHaveLength(2));
    for (const end of finish) end();
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200]);
    expect(gateway.inspection.config()).toMatchObject({
      routes: [{ path: '/api/*' }],
      lastReload: {
        cause: 'file',
        result: 'refused',
        mistakes: [expect.stringContaining('gateway.yaml:2:')],
      },
    });
  });
});
