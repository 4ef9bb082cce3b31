import { describe, expect, it } from 'vitest';
import { instanceAt } from '../fixture/fake-registry.ts';
import { startWebSocketGateway } from '../fixture/start-websocket-gateway.ts';
import { startWebSocketService } from '../fixture/start-websocket-service.ts';

describe('upgrades: a handshake is a try like any other', () => {
  it('goes to another instance when one says 503, and the client notices nothing', async () => {
    const { connect, registry, service, logger } = await startWebSocketGateway();
    const stopping = await startWebSocketService({
      onUpgrade: (_request, socket) =>
        socket.end('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'),
    });
    registry.set('posts', [instanceAt('posts', stopping.port), instanceAt('posts', service.port)]);
    for (let count = 0; count < 4; count += 1) (await connect('/live')).terminate();

    expect(service.handshakes).toHaveLength(4);
    await expect
      .poll(() => logger.lines)
      .toContainEqual(expect.objectContaining({ msg: 'request', status: 101, attempts: 2 }));
  });

  it('opens the breaker when it fails again and again: 503 at once, and the service is left alone', async () => {
    const { connect, service, gateway } = await startWebSocketGateway({
      service: { onUpgrade: (_request, socket) => socket.destroy() },
    });
    for (let count = 0; count < 3; count += 1) await expect(connect('/live')).rejects.toThrow();
    const asked = service.handshakes.length;
    expect(gateway.inspection.breakers()[0]).toMatchObject({ name: 'posts', state: 'open' });

    await expect(connect('/live')).rejects.toThrow('503');
    expect(service.handshakes).toHaveLength(asked);
  });

  it('is no failure of the service when it says what it will not do: 401, 404', async () => {
    const { connect, gateway } = await startWebSocketGateway({
      service: {
        onUpgrade: (_request, socket) =>
          socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'),
      },
    });
    for (let count = 0; count < 8; count += 1) await expect(connect('/live')).rejects.toThrow('404');

    expect(gateway.inspection.breakers()[0]).toMatchObject({ state: 'closed' });
  });

  it('holds no place in flight once the connection is open', async () => {
    const { connect, metric } = await startWebSocketGateway({
      config: `
services: { posts: { maxInFlight: 1 } }
routes: [{ name: live, path: /live, service: posts, auth: none, upgrade: true }]
`,
    });
    await connect('/live');
    await connect('/live');

    expect([await metric('gateway_upstream_in_flight'), await metric('gateway_upgrades_open')]).toEqual([
      0, 2,
    ]);
  });
});
