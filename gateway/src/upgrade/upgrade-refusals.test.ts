import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { instanceAt } from '../fixture/fake-registry.ts';
import { rawHandshake } from '../fixture/raw-handshake.ts';
import { openRaw, sendRaw } from '../fixture/raw-request.ts';
import { startWebSocketGateway } from '../fixture/start-websocket-gateway.ts';

const withCors = `
routes:
  - path: /live
    service: posts
    auth: none
    upgrade: true
    cors: { origins: ['https://shop.example'] }
`;

describe('upgrades: the rules of every request', () => {
  it('refuse paths that are unsafe, and routes that there are not', async () => {
    const { port } = await startWebSocketGateway();

    expect((await sendRaw(port, rawHandshake('/live/%2e%2e/own'))).status).toBe(400);
    expect((await sendRaw(port, rawHandshake('/nowhere'), '\r\n\r\n')).status).toBe(404);
    expect((await sendRaw(port, rawHandshake('/internal/x'), '\r\n\r\n')).status).toBe(404);
  });

  it.each([
    ['no credentials', []],
    ['a broken token', ['Authorization: Bearer broken']],
    ['a broken token as subprotocol', ['Sec-WebSocket-Protocol: bearer.broken']],
    ['credentials of another kind', ['Authorization: Basic dXNlcjpwYXNz']],
  ])('answer 401 to %s', async (_what, more) => {
    const { port, service } = await startWebSocketGateway();
    const { status, head } = await sendRaw(port, rawHandshake('/own', { more }));

    expect(status).toBe(401);
    expect(head).toContain('WWW-Authenticate: Bearer');
    expect(service.handshakes).toEqual([]);
  });

  it('answer 429 over the rate limit of the route', async () => {
    const { port, connect } = await startWebSocketGateway({
      config:
        'routes: [{ path: /live, service: posts, auth: none, upgrade: true, rateLimit: { limit: 1, window: 60s } }]',
    });
    await connect('/live');
    const { status, head } = await sendRaw(port, rawHandshake('/live'));

    expect(status).toBe(429);
    expect(head).toMatch(/Retry-After: \d+/);
  });

  it('write one access log line, also for a refusal', async () => {
    const { port, logger } = await startWebSocketGateway();
    await sendRaw(port, rawHandshake('/own'));

    await expect
      .poll(() => logger.lines)
      .toMatchObject([
        { msg: 'request', method: 'GET', path: '/own', status: 401, route: 'own', code: 'unauthenticated' },
      ]);
  });
});

describe('upgrades: pages of other origins, where CORS is configured', () => {
  it('are refused', async () => {
    const { port, service } = await startWebSocketGateway({ config: withCors });
    const answers = [];
    for (const origin of ['https://evil.example', 'null', 'http://shop.example', 'https://example.org']) {
      answers.push((await sendRaw(port, rawHandshake('/live', { more: [`Origin: ${origin}`] }))).status);
    }

    expect(answers).toEqual([403, 403, 403, 403]);
    expect(service.handshakes).toEqual([]);
  });

  it.each([['https://shop.example'], ['http://example.org'], [undefined]])(
    '%s is let in: listed, its own, or no page at all',
    async (origin) => {
      const { port } = await startWebSocketGateway({ config: withCors });
      const more = origin === undefined ? [] : [`Origin: ${origin}`];

      expect((await sendRaw(port, rawHandshake('/live', { more }), '\r\n\r\n')).status).toBe(101);
    },
  );
});

describe('upgrades: how many may be open', () => {
  const config = (limits: string) => `
upgrades: ${limits}
routes:
  - { path: /live, service: posts, auth: none, upgrade: true }
  - { path: /own, service: posts, upgrade: true }
`;

  it('is bounded for the gateway: 503', async () => {
    const { port, connect } = await startWebSocketGateway({ config: config('{ open: 2 }') });
    const first = await connect('/live');
    await connect('/live');
    const { status, body, head } = await sendRaw(port, rawHandshake('/live'));
    expect([status, JSON.parse(body).code]).toEqual([503, 'overloaded']);
    expect(head).toContain('Retry-After: 5');

    first.terminate();
    await expect.poll(async () => (await sendRaw(port, rawHandshake('/live'), '\r\n\r\n')).status).toBe(101);
  });

  it('is bounded for each caller: 429', async () => {
    const { connect } = await startWebSocketGateway({ config: config('{ openByCaller: 1 }') });
    await connect('/own', ['bearer.user-1']);

    await expect(connect('/own', ['bearer.user-1'])).rejects.toThrow('429');
    await connect('/own', ['bearer.user-2']);
  });

  it('is none once the gateway drains: 503', async () => {
    const { gateway, connect } = await startWebSocketGateway();
    gateway.drain();

    await expect(connect('/live')).rejects.toThrow('503');
  });
});

describe('upgrades: a service that does not agree', () => {
  it('has its answer in HTTP passed on, whole, by the rules of every answer', async () => {
    const { port, logger } = await startWebSocketGateway({
      service: {
        onUpgrade: (_request, socket) => {
          socket.end(
            'HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n' +
              'X-Powered-By: Secret\r\nX-Request-Id: theirs\r\nX-Room: 7\r\n\r\n5\r\nno ro\r\n2\r\nom\r\n0\r\n\r\n',
          );
        },
      },
    });
    const { status, head, text } = await sendRaw(port, rawHandshake('/live'));

    expect(status).toBe(404);
    expect(head).toMatch(/x-room: 7/i);
    expect(head).not.toMatch(/powered|theirs/i);
    expect(head).toMatch(/X-Request-Id: /);
    expect(text).toContain('no ro');
    await expect
      .poll(() => logger.lines)
      .toMatchObject([{ status: 404, instance: expect.any(String), attempts: 1 }]);
  });

  it.each([
    ['to another key', 'Upgrade: websocket\r\nSec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA='],
    ['to another protocol', 'Upgrade: h2c\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo='],
    ['to nothing', 'Upgrade: websocket'],
  ])('is 502 when it agrees %s', async (_what, headers) => {
    const { port } = await startWebSocketGateway({
      service: {
        onUpgrade: (_request, socket) =>
          socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n${headers}\r\n\r\n`),
      },
    });

    expect((await sendRaw(port, rawHandshake('/live'))).status).toBe(502);
  });

  it('is 502 when it hangs up, and 504 when it says nothing in time', async () => {
    const gone = await startWebSocketGateway({
      service: { onUpgrade: (_request, socket) => socket.destroy() },
    });
    const { status, body } = await sendRaw(gone.port, rawHandshake('/live'));
    expect([status, JSON.parse(body).code]).toEqual([502, 'bad_gateway']);

    const silent = await startWebSocketGateway({
      service: { onUpgrade: () => {} },
      config:
        'routes: [{ path: /live, service: posts, auth: none, upgrade: true, tryTimeout: 100ms, retries: { attempts: 0 } }]',
    });
    expect((await sendRaw(silent.port, rawHandshake('/live'))).status).toBe(504);
    expect(await silent.metric('gateway_upstream_in_flight')).toBe(0);
  });

  it('is tried at another instance when it cannot be reached, and the client notices nothing', async () => {
    const { connect, registry, service, logger } = await startWebSocketGateway();
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address() as AddressInfo;
    closed.close();
    registry.set('posts', [instanceAt('posts', port), instanceAt('posts', service.port)]);
    for (let count = 0; count < 6; count += 1) (await connect('/live')).terminate();

    expect(service.handshakes).toHaveLength(6);
    expect(
      logger.lines.filter((line) => (line as { attempts?: number }).attempts === 2).length,
    ).toBeGreaterThan(0);
  });

  it('is 503 while there is none', async () => {
    const { port, registry } = await startWebSocketGateway();
    registry.set('posts', []);

    expect((await sendRaw(port, rawHandshake('/live'))).status).toBe(503);
  });

  it('is not asked any further when the client hangs up', async () => {
    let asked = 0;
    const dropped = Promise.withResolvers<void>();
    const { port, metric } = await startWebSocketGateway({
      service: {
        onUpgrade: (_request, socket) => {
          asked += 1;
          socket.once('end', dropped.resolve).resume();
          client.destroy();
        },
      },
    });
    const client = openRaw(port);
    onTestFinished(() => void client.destroy());
    client.on('error', () => {}).write(rawHandshake('/live'));
    await dropped.promise;

    expect(asked).toBe(1);
    await expect.poll(() => metric('gateway_upstream_in_flight')).toBe(0);
  });
});
