import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openRaw } from '../fixture/raw-request.ts';
import { startWebSocketGateway } from '../fixture/start-websocket-gateway.ts';
import { acceptOf } from './handshake.ts';

const key = 'dGhlIHNhbXBsZSBub25jZQ==';
const handshake =
  'GET /live HTTP/1.1\r\nHost: example.org\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`;
const agreement =
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  `Sec-WebSocket-Accept: ${acceptOf(key)}\r\n\r\n`;

/** Both ends of a connection through the gateway, bytes and all, with no WebSocket library between. */
const openBoth = async (first = '', last = '') => {
  const served = Promise.withResolvers<Socket>();
  const gateway = await startWebSocketGateway({
    service: {
      onUpgrade: (_request, socket: Duplex) => {
        socket.on('error', () => {}).write(agreement + last);
        served.resolve(socket as Socket);
      },
    },
  });
  const client = openRaw(gateway.port);
  onTestFinished(() => void client.destroy());
  client.on('error', () => {}).write(handshake + first);
  const service = await served.promise;
  onTestFinished(() => void service.destroy());
  return { ...gateway, client, service };
};

const readUntil = async (socket: Socket, length: number): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for (let bytes = 0; bytes < length; ) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    chunks.push(chunk);
    bytes += chunk.length;
  }
  socket.pause();
  return Buffer.concat(chunks);
};

describe('upgrades: bytes around the handshake', () => {
  it('that the client sent right behind it reach the service', async () => {
    const { service } = await openBoth('already here');
    const received = await readUntil(service, 'already here'.length);

    expect(String(received)).toBe('already here');
  });

  it('that the service sent right behind its 101 reach the client', async () => {
    const { client } = await openBoth('', 'at once');
    let text = '';
    client.on('data', (chunk) => {
      text += chunk;
    });

    await expect.poll(() => text).toMatch(/^HTTP\/1.1 101 [\s\S]*\r\n\r\nat once$/);
  });
});

describe('upgrades: a side that does not read', () => {
  it.each([
    ['service', 'client'],
    ['client', 'service'],
  ] as const)('the %s holds the %s back, and loses nothing', { timeout: 30_000 }, async (reader, writer) => {
    const both = await openBoth();
    await readUntil(both.client, 1); // the 101
    both[reader].pause();
    const chunk = Buffer.alloc(1_048_576, 7);
    let written = 0;
    let isHeldBack = false;
    while (!isHeldBack && written < 256) {
      written += 1;
      isHeldBack = !both[writer].write(chunk) && !(await drainsSoon(both[writer]));
    }
    expect(written).toBeLessThan(64);

    const all = readUntil(both[reader], written * chunk.length);
    both[reader].resume();
    expect((await all).length).toBe(written * chunk.length);
  });
});

/** Whether there is room again while the other side rests; a connection takes a few megabytes before it is full. */
const drainsSoon = (socket: Socket): Promise<boolean> =>
  Promise.race([
    once(socket, 'drain').then(() => true),
    new Promise<boolean>((resolve) => setTimeout(resolve, 500, false)),
  ]);

describe('upgrades: the end of a connection', () => {
  it('of one direction leaves the other one open', async () => {
    const { client, service } = await openBoth();
    await readUntil(client, 1);
    client.end('last words');
    const received = await readUntil(service, 'last words'.length);
    expect(String(received)).toBe('last words');
    if (!service.readableEnded) await once(service.resume(), 'end');
    service.end('an answer to them');

    expect(String(await readUntil(client.resume(), 17))).toBe('an answer to them');
    await once(client.resume(), 'close');
  });

  it('by the service passes on what it said before', async () => {
    const { client, service, metric } = await openBoth();
    await readUntil(client, 1);
    service.end(Buffer.alloc(300_000, 1));
    const received = await readUntil(client.resume(), 300_000);
    client.destroy();

    expect(received.length).toBe(300_000);
    await expect.poll(() => metric('gateway_upgrades_open')).toBe(0);
  });

  it.each([
    ['client', 'service'],
    ['service', 'client'],
  ] as const)('by a reset of the %s ends the %s, and nothing crashes', async (one, other) => {
    const both = await openBoth();
    await readUntil(both.client, 1);
    both[other].resume();
    both[one].resetAndDestroy();
    if (!both[other].readableEnded) await once(both[other], 'end');
    both[other].destroy();

    await expect.poll(() => both.metric('gateway_upgrades_open')).toBe(0);
    await expect
      .poll(() => both.logger.lines)
      .toContainEqual(expect.objectContaining({ msg: 'upgrade ended', reason: 'closed', route: 'live' }));
  });

  it('is written down once, with how long it was and how much passed', async () => {
    const { client, service, logger } = await openBoth();
    await readUntil(client, 1);
    client.write('12345');
    await readUntil(service, 5);
    service.once('end', () => service.end()).resume();
    client.destroy();

    await expect
      .poll(() => logger.lines)
      .toMatchObject([
        { msg: 'request', status: 101, route: 'live', attempts: 1 },
        {
          ...{ msg: 'upgrade ended', reason: 'closed', bytesIn: 5, durationMs: expect.any(Number) },
          ...{ instance: expect.any(String), requestId: expect.any(String) },
        },
      ]);
  });

  it('comes with the end of the gateway', async () => {
    const { client, gateway, logger } = await openBoth();
    await readUntil(client, 1);
    client.resume();
    const closed = once(client, 'close');
    gateway.upgrades.closeAll();
    await closed;

    await expect.poll(() => logger.lines.at(-1)).toMatchObject({ msg: 'upgrade ended', reason: 'shutdown' });
  });
});

describe('upgrades: a session that is revoked', () => {
  it('loses its open connections within 5 s', { timeout: 10_000 }, async () => {
    let revoked = false;
    const { connect } = await startWebSocketGateway({ isRevoked: ({ id }) => revoked && id === 'user-1' });
    const own = await connect('/own', ['bearer.user-1']);
    const other = await connect('/own', ['bearer.user-2']);
    const closed = once(own, 'close');
    revoked = true;

    expect((await closed)[0]).toBe(1006);
    expect(other.readyState).toBe(other.OPEN);
  });
});
