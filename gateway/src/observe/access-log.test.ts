import { describe, expect, it, vi } from 'vitest';
import { sendRaw } from '../fixture/raw-request.ts';
import { startTestGateway } from '../fixture/start-test-gateway.ts';

const start = async (config?: string) => {
  const gateway = await startTestGateway(config === undefined ? {} : { config });
  return {
    ...gateway,
    /** The lines of so many requests. */
    requests: async (count: number) => {
      const read = () =>
        (gateway.logger.lines as Record<string, unknown>[]).filter(({ msg }) => msg === 'request');
      await vi.waitFor(() => expect(read()).toHaveLength(count));
      return read();
    },
    /** All that was ever logged. */
    log: () => JSON.stringify(gateway.logger.lines),
  };
};

const closed = 'routes: [{ name: closed, path: /api/*, service: posts }]';

describe('what is seen: the access log', () => {
  it('is one line a request: route, instance, attempts, times, bytes, trace, client', async () => {
    const { url, upstream, requests } = await start();
    await (await fetch(`${url}/api/x`, { method: 'POST', body: 'twelve bytes' })).text();

    expect(await requests(1)).toEqual([
      {
        ...{ level: 30, time: expect.any(Number), msg: 'request' },
        requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        trace: upstream.received[0]?.headers.traceparent?.slice(3, 35),
        ...{ method: 'POST', path: '/api/x', status: 200, route: 'open', attempts: 1 },
        ...{ durationMs: expect.any(Number), upstreamMs: expect.any(Number), bytesIn: 12, bytesOut: 12 },
        ...{ instance: `posts-${upstream.port}`, client: '127.0.0.1' },
      },
    ]);
  });

  it('says what went wrong by its code, and who asked by id', async () => {
    const { url, requests } = await start(closed);
    await (await fetch(`${url}/api/x`)).text();
    await (await fetch(`${url}/api/x`, { headers: { authorization: 'Bearer user-1' } })).text();
    const [refused, letIn] = await requests(2);

    expect(refused).toMatchObject({ route: 'closed', status: 401, code: 'unauthenticated', attempts: 0 });
    expect(refused?.bytesOut).toBeGreaterThan(0);
    expect(letIn).toMatchObject({ status: 200, principal: 'user-1' });
  });

  it('holds no secret, wherever a client puts one', async () => {
    const { url, log, requests } = await start(closed);
    for (const path of ['/api/x', '/nowhere', '/admin/x']) {
      await fetch(`${url}${path}?token=planted-1&access_token=planted-2`, {
        method: 'POST',
        body: 'planted-3',
        headers: {
          ...{ authorization: 'Bearer planted-4', cookie: 'session=planted-5', 'x-api-key': 'planted-6' },
          ...{ 'idempotency-key': 'planted-7', referer: 'http://a/?planted-8', 'user-agent': 'planted-9' },
          ...{ 'x-forwarded-for': 'planted-10', 'proxy-authorization': 'planted-11' },
        },
      });
    }
    await requests(3);

    expect(log()).not.toContain('planted');
  });

  it('is bounded, whatever is asked for', async () => {
    const { port, requests } = await start();
    const path = `/api/${'%22'.repeat(2000)}`;
    await sendRaw(port, Buffer.from(`GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`));

    const [line] = await requests(1);
    expect(String(line?.path).length).toBeLessThan(1100);
    expect(JSON.stringify(line).length).toBeLessThan(2000);
  });
});
