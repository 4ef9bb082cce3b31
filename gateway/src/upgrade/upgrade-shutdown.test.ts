import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServiceTokens, generateSigningKey } from '@gatehouse/auth';
import { systemClock } from '@gatehouse/resilience';
import { captureLogger } from '@gatehouse/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { parseGatewaySettings } from '../config/settings.ts';
import { createFakeRegistry, instanceAt } from '../fixture/fake-registry.ts';
import { startUpstream } from '../fixture/start-upstream.ts';
import { startWebSocketService } from '../fixture/start-websocket-service.ts';
import { startGateway } from '../start-gateway.ts';

const config = `
routes:
  - { path: /live, service: realtime, auth: none, upgrade: true }
  - { path: /events, service: users, auth: none }
`;

/** A whole gateway, with one WebSocket and one event stream open through it. */
const startWithOpen = async (shutdownLimitMs: number) => {
  const { publicJwk } = await generateSigningKey();
  const credentials = JSON.stringify({ keys: [publicJwk], data: { revocations: [], cursor: '1' } });
  const users = await startUpstream((request, response) => {
    if (request.url === '/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      return;
    }
    response.setHeader('content-type', 'application/json');
    response.end(credentials);
  });
  const realtime = await startWebSocketService();
  const registry = createFakeRegistry();
  registry.set('users', [instanceAt('users', users.port)]);
  registry.set('realtime', [instanceAt('realtime', realtime.port)]);
  const file = join(tmpdir(), `upgrades-${users.port}.yaml`);
  await writeFile(file, config);
  const logger = captureLogger();
  const environment = { HOST: '127.0.0.1', PORT: '0', OPERATIONS_PORT: '0', GATEWAY_CONFIG: file };
  const gateway = await startGateway({
    settings: parseGatewaySettings({ ...environment, SHUTDOWN_LIMIT_MS: String(shutdownLimitMs) }),
    serviceTokens: createServiceTokens({ secret: 'x'.repeat(32), clock: systemClock }),
    ...{ registry, clock: systemClock, logger },
  });
  onTestFinished(async () => {
    await gateway.stop();
    await users.kill();
  });

  const client = new WebSocket(`ws://127.0.0.1:${gateway.port}/live`);
  await once(client, 'open');
  const stream = get(`http://127.0.0.1:${gateway.port}/events`);
  stream.on('error', () => {});
  const [events] = await once(stream, 'response');
  events.on('error', () => {}).resume();
  return { gateway, realtime, client, events, logger };
};

describe('upgrades and event streams: a gateway that stops', () => {
  it('lets the realtime service say 1001 to its clients', async () => {
    const { gateway, realtime, client, events } = await startWithOpen(5000);
    const closed = once(client, 'close');
    const stopped = gateway.stop();
    for (const served of realtime.sockets.clients) served.close(1001, 'shutting down');

    expect((await closed)[0]).toBe(1001);
    events.destroy();
    await stopped;
  });

  it('ends what is left after the grace', async () => {
    const { gateway, client, events, logger, realtime } = await startWithOpen(200);
    const closed = [once(client, 'close'), new Promise((resolve) => events.once('close', resolve))];
    await gateway.stop();
    const [[code]] = (await Promise.all(closed)) as [[number], unknown];

    expect(code).toBe(1006);
    expect(events.complete).toBe(false);
    await expect.poll(() => realtime.sockets.clients.size).toBe(0);
    await expect
      .poll(() => logger.lines)
      .toContainEqual(expect.objectContaining({ msg: 'upgrade ended', reason: 'shutdown' }));
  });
});
