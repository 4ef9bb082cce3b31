import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { openRaw, sendRaw } from './fixture/raw-request.ts';
import { startTestGateway } from './fixture/start-test-gateway.ts';
import { serverLimits } from './public-server.ts';

const quick = { headersTimeoutMs: 60, requestTimeoutMs: 60, checkingIntervalMs: 20 };

describe('a client that takes its time', () => {
  it('over the head of a request is cut off with 408', async () => {
    const { port } = await startTestGateway({ limits: quick });

    const answer = await sendRaw(port, 'GET /api/x HTTP/1.1\r\nHost: a\r\nX-Slow: ');

    expect(answer.status).toBe(408);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'request_timeout' });
  });

  it('over the body is cut off with 408, and the service is not asked', async () => {
    const { port, upstream } = await startTestGateway({ limits: quick });

    const answer = await sendRaw(port, 'POST /api/x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf');

    expect(answer.status).toBe(408);
    expect(upstream.received).toEqual([]);
  });

  it('over a body that is streamed is cut off with 408, and so is the service', async () => {
    let ended = (_error: Error): void => {};
    const hasEnded = new Promise<Error>((resolve) => {
      ended = resolve;
    });
    const { port } = await startTestGateway({
      limits: quick,
      raw: (request) => request.on('error', ended).resume(),
    });

    const answer = await sendRaw(
      port,
      `POST /api/x HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n${'x'.repeat(70_000)}`,
    );

    expect(answer.status).toBe(408);
    await hasEnded;
  });

  it('and says nothing at all is cut off', async () => {
    const { port } = await startTestGateway({ limits: quick });
    const socket = openRaw(port).resume();

    await once(socket, 'close');
  });

  it('is looked for at least once a second', () => {
    expect(serverLimits.checkingIntervalMs).toBeLessThanOrEqual(1000);
  });
});

describe('a connection', () => {
  it('serves one request after another, pipelined ones in their order', async () => {
    const { port } = await startTestGateway({
      answer: ({ url }, response) => {
        if (url === '/api/1') setImmediate(() => response.end('first'));
        else response.end('second');
      },
    });

    const { text } = await sendRaw(
      port,
      'GET /api/1 HTTP/1.1\r\nHost: a\r\n\r\nGET /api/2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    );

    expect(text.indexOf('first')).toBeGreaterThan(0);
    expect(text.indexOf('second')).toBeGreaterThan(text.indexOf('first'));
  });

  it('stays after a refusal of a request with a small body', async () => {
    const { port } = await startTestGateway({ config: 'routes: [{ path: /api/x, service: posts }]' });

    const { text } = await sendRaw(
      port,
      'POST /api/x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello' +
        'GET /none HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    );

    expect([...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)).toEqual(['401', '404']);
  });

  it('is not upgraded, and the wish for it does not reach the service', async () => {
    const { port, upstream } = await startTestGateway();

    const answer = await sendRaw(
      port,
      'GET /api/x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n',
    );

    expect(answer.status).toBe(200);
    expect(upstream.received[0]?.headers.upgrade).toBeUndefined();
  });
});
