import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';

/** Long enough for loopback to bring what is coming; what must not come is not waited for longer. */
const quietMs = 100;

describe('a proxy between a client and an echo', () => {
  let echo: Server;
  let behind: Socket[];
  let proxy: FaultProxy;
  let clients: Socket[];

  beforeEach(async () => {
    behind = [];
    clients = [];
    echo = createServer((socket) => {
      behind.push(socket);
      socket.on('error', () => {});
      socket.pipe(socket);
    });
    await once(echo.listen(0, '127.0.0.1'), 'listening');
    proxy = await startFaultProxy({ targetPort: (echo.address() as AddressInfo).port, random: () => 0.5 });
  });

  afterEach(async () => {
    await proxy.close();
    for (const socket of [...clients, ...behind]) socket.destroy();
    await new Promise((resolve) => echo.close(resolve));
  });

  const open = async (): Promise<Client> => {
    const socket = connect({ port: proxy.port, host: '127.0.0.1' });
    clients.push(socket);
    const client = listenTo(socket);
    await once(socket, 'connect');
    return client;
  };

  const echoes = async (client: Client, text: string): Promise<void> => {
    const before = client.heard();
    client.socket.write(text);
    await vi.waitFor(() => expect(client.heard()).toBe(before + text));
  };

  it('brings everything back, however much it is, and then the end', async () => {
    const client = await open();
    const much = 'x'.repeat(8_000_000);
    client.socket.end(much);
    await once(client.socket, 'close');

    expect(client.heard().length).toBe(much.length);
    expect(client.error()).toBeUndefined();
    expect(proxy.connections()).toBe(0);
  });

  it('delays each piece, keeps their order, and does not add the delays up', async () => {
    const client = await open();
    await echoes(client, 'a');
    proxy.delay(150);
    const startMs = performance.now();
    for (const piece of ['1', '2', '3', '4', '5', '6']) {
      client.socket.write(piece);
      await sleep(1);
    }
    await vi.waitFor(() => expect(client.heard()).toBe('a123456'), { timeout: 5_000 });

    expect(performance.now() - startMs).toBeGreaterThanOrEqual(295);
    proxy.heal();
    await echoes(client, 'b');
  });

  it('drops a piece and with it the connection, in as many cases as it was told', async () => {
    const client = await open();
    proxy.drop(50);
    await echoes(client, 'still there');
    proxy.drop(51);
    client.socket.write('lost');
    await vi.waitFor(() => expect(client.error()).toBe('ECONNRESET'));

    expect(client.heard()).toBe('still there');
    proxy.heal();
    await echoes(await open(), 'again');
  });

  it('resets what is open on both sides, and lets pass what comes later', async () => {
    const client = await open();
    await echoes(client, 'a');
    const errors: unknown[] = [];
    behind[0]?.on('error', (error: NodeJS.ErrnoException) => errors.push(error.code));
    proxy.reset();
    await vi.waitFor(() => expect([client.error(), ...errors]).toEqual(['ECONNRESET', 'ECONNRESET']));

    expect(proxy.connections()).toBe(0);
    await echoes(await open(), 'b');
  });

  it('as a black hole accepts, keeps open and says nothing, until it is healed', async () => {
    const before = await open();
    await echoes(before, 'a');
    proxy.blackHole();
    before.socket.write('b');
    const during = await open();
    during.socket.write('c');
    await sleep(quietMs);

    expect([before.heard(), during.heard()]).toEqual(['a', '']);
    expect([before.socket.closed, during.socket.closed]).toEqual([false, false]);
    expect([behind.length, proxy.connections()]).toEqual([1, 2]);
    proxy.heal();
    await vi.waitFor(() => expect([before.heard(), during.heard()]).toEqual(['ab', 'c']));
  });

  it('as a black hole hides that the server has gone', async () => {
    const client = await open();
    await echoes(client, 'a');
    proxy.blackHole();
    behind[0]?.resetAndDestroy();
    await sleep(quietMs);

    expect([client.error(), client.socket.closed]).toEqual([undefined, false]);
    proxy.heal();
    await vi.waitFor(() => expect(client.error()).toBe('ECONNRESET'));
  });

  it('half open, it loses the server and leaves the client in the belief that all is well', async () => {
    const client = await open();
    await echoes(client, 'a');
    proxy.halfOpen();
    await vi.waitFor(() => expect(behind[0]?.closed).toBe(true));
    const later = await open();
    for (const { socket } of [client, later]) socket.write('x'.repeat(1_000_000));
    await sleep(quietMs);

    expect([client.error(), client.heard(), later.error()]).toEqual([undefined, 'a', undefined]);
    expect([behind.length, proxy.connections()]).toEqual([1, 2]);
    proxy.heal();
    await vi.waitFor(() => expect([client.error(), later.error()]).toEqual(['ECONNRESET', 'ECONNRESET']));
    await echoes(await open(), 'b');
  });

  it('refuses like a server that is down when there is none behind it', async () => {
    for (const socket of behind) socket.destroy();
    await new Promise((resolve) => echo.close(resolve));
    const client = await open();
    await vi.waitFor(() => expect(client.error()).toBe('ECONNRESET'));
  });

  it('closed, it leaves nothing open', async () => {
    const client = await open();
    await echoes(client, 'a');
    proxy.blackHole();
    await proxy.close();
    await vi.waitFor(() => expect([client.socket.closed, behind[0]?.closed]).toEqual([true, true]));
    expect(proxy.connections()).toBe(0);
  });
});

type Client = Readonly<{ socket: Socket; heard(): string; error(): string | undefined }>;

const listenTo = (socket: Socket): Client => {
  let heard = '';
  let error: string | undefined;
  socket.on('data', (piece) => {
    heard += piece.toString();
  });
  socket.on('error', (cause: NodeJS.ErrnoException) => {
    error = cause.code;
  });
  return { socket, heard: () => heard, error: () => error };
};
