import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type Clock, systemClock } from '@gatehouse/resilience';
import { createManualClock, sequentialIds } from '@gatehouse/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openRaw } from './fixture/raw-request.ts';
import { createPublicServer } from './public-server.ts';
import { createServerDrain } from './server-drain.ts';

const line = 'GET /x HTTP/1.1\r\nHost: a\r\n\r\n';

const startServer = async (o: { clock?: Clock; settleMs?: number } = {}) => {
  const waiting: ServerResponse[] = [];
  let arrived = (): void => {};
  let isDraining = false;
  const server = createPublicServer({
    handle: (request: IncomingMessage, response: ServerResponse) => {
      if (isDraining) response.shouldKeepAlive = false; // As the front door does.
      if (request.url === '/x') response.end('ok');
      else waiting.push(response);
      arrived();
    },
    upgrades: { isWanted: () => false, accept: () => {}, closeAll: () => {} },
    ids: sequentialIds(),
    longestTimeoutMs: () => 0,
    clock: systemClock,
  });
  let upgradedAreClosed = false;
  const bare = createServerDrain({
    ...{ server, clock: o.clock ?? systemClock, settleMs: o.settleMs ?? 0 },
    closeUpgraded: () => {
      upgradedAreClosed = true;
    },
  });
  const begin = (): void => {
    isDraining = true;
    bare.begin();
  };
  const close = (limitMs: number): Promise<void> => {
    begin();
    return bare.close(limitMs);
  };
  const drain = { begin, close };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    ...{ port, server, drain, waiting },
    upgradedAreClosed: () => upgradedAreClosed,
    nextRequest: () =>
      new Promise<void>((resolve) => {
        arrived = resolve;
      }),
  };
};

/** A connection and what came over it. */
const open = async (
  port: number,
): Promise<Readonly<{ socket: Socket; text(): string; ask(until: string): Promise<void> }>> => {
  const socket = openRaw(port);
  let text = '';
  socket.on('error', () => {}).setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    text += chunk;
  });
  await once(socket, 'connect');
  return {
    socket,
    text: () => text,
    ask: async (until) => {
      text = '';
      socket.write(line);
      while (!text.includes(until)) await once(socket, 'data');
    },
  };
};

describe('shutdown: a server that drains', () => {
  it('goes on accepting, and every answer is the last of its connection', async () => {
    const { port, drain } = await startServer();
    const old = await open(port);
    await old.ask('ok');
    expect(old.text()).toMatch(/^Connection: keep-alive\r$/m);
    drain.begin();
    const fresh = await open(port);

    await Promise.all([old.ask('ok'), once(old.socket, 'end')]);
    await Promise.all([fresh.ask('ok'), once(fresh.socket, 'end')]);

    expect(old.text()).toMatch(/^Connection: close\r$/m);
    expect(fresh.text()).toMatch(/^Connection: close\r$/m);
  });

  it('says so in answers that were asked for before', async () => {
    const { port, drain, waiting, nextRequest } = await startServer();
    const { socket, text } = await open(port);
    const asked = nextRequest();
    socket.write('GET /slow HTTP/1.1\r\nHost: a\r\n\r\n');
    await asked;

    drain.begin();
    waiting[0]?.end('at last');
    await once(socket, 'end');

    expect(text()).toMatch(/^Connection: close\r$/m);
    expect(text()).toMatch(/at last$/);
  });
});

describe('shutdown: a server that closes', () => {
  it('is done at once when nobody is there', async () => {
    const { drain, server } = await startServer({ clock: createManualClock() });

    await drain.close(1000);

    expect(server.listening).toBe(false);
  });

  it('refuses new connections', async () => {
    const { port, drain } = await startServer();
    await drain.close(1000);

    const [error] = await once(openRaw(port), 'error');

    expect(error).toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('answers a request that comes over a silent connection while it waits for that', async () => {
    const clock = createManualClock();
    const { port, drain } = await startServer({ clock, settleMs: 100 });
    const used = await open(port);
    await used.ask('ok');
    const fresh = await open(port);
    const closed = drain.close(1000);

    await Promise.all([used.ask('ok'), once(used.socket, 'end')]);
    await Promise.all([fresh.ask('ok'), once(fresh.socket, 'end')]);
    await closed;

    expect(used.text() + fresh.text()).not.toContain('keep-alive');
  });

  it('answers a request that has arrived when it closes silent connections', async () => {
    const { port, drain } = await startServer();
    const { socket, text } = await open(port);
    socket.write(line); // It is in the server's buffers; nobody has looked yet.

    await drain.close(1000);
    if (!socket.readableEnded) await once(socket, 'end');

    expect(text()).toMatch(/ok$/);
  });

  it('closes silent connections after that', async () => {
    const clock = createManualClock();
    const { port, drain } = await startServer({ clock, settleMs: 100 });
    const silent = await open(port);
    await silent.ask('ok');
    const closed = drain.close(1000);
    const ended = once(silent.socket, 'end');

    await clock.advance(100);

    await Promise.all([closed, ended]);
  });

  it('closes those that fall silent later', async () => {
    const { port, drain, waiting, nextRequest } = await startServer();
    const { socket, text } = await open(port);
    const asked = nextRequest();
    socket.write('GET /stream HTTP/1.1\r\nHost: a\r\n\r\n');
    await asked;
    waiting[0]?.write('one ');
    const closed = drain.close(60_000);

    waiting[0]?.end('two');
    await closed;
    if (!socket.readableEnded) await once(socket, 'end');

    expect(text()).toMatch(/two\r\n0\r\n\r\n$/);
  });

  it('breaks off at its time limit whatever is left', async () => {
    const clock = createManualClock();
    const { port, drain, nextRequest, upgradedAreClosed } = await startServer({ clock, settleMs: 100 });
    const { socket } = await open(port);
    const asked = nextRequest();
    socket.write('GET /never HTTP/1.1\r\nHost: a\r\n\r\n');
    await asked;
    const closed = drain.close(1000);
    const gone = once(socket, 'close');

    await clock.advance(999);
    expect([socket.destroyed, upgradedAreClosed()]).toEqual([false, false]);
    await clock.advance(1);

    await Promise.all([closed, gone]);
    expect(upgradedAreClosed()).toBe(true);
  });
});
