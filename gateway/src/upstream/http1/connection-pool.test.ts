import { once } from 'node:events';
import { createServer } from 'node:net';
import { createManualClock } from '@gatehouse/testing';
import { describe, expect, it } from 'vitest';
import { collectAnswer } from './collect-answer.ts';
import { codeOf, ok, openPool, startServer, untilQuiet } from './pool-fixture.ts';
import { startRawServer } from './start-raw-server.ts';

describe('connections are used again', () => {
  it('one after another on one connection', async () => {
    const server = await startServer(ok);
    const pool = openPool(server.port);
    for (let time = 0; time < 3; time += 1) expect((await collectAnswer(pool)).body).toBe('ok');
    expect([server.sockets.length, pool.openCount]).toEqual([1, 1]);
  });

  it('side by side on as many as are needed, then the one that was used last', async () => {
    const server = await startServer(ok);
    const pool = openPool(server.port);
    await Promise.all([1, 2, 3].map(() => collectAnswer(pool)));
    await new Promise(setImmediate);
    expect(pool.openCount).toBe(3);
    const before = server.texts.map(({ length }) => length);
    for (let time = 0; time < 3; time += 1) {
      await collectAnswer(pool);
      await new Promise(setImmediate);
    }
    expect(server.texts.filter(({ length }, index) => length > (before[index] ?? 0)).length).toBe(1);
  });

  it.each([
    ['its answer is followed by bytes', `${ok}x`],
    ['it is to be closed', ok.replace('Content', 'Connection: close\r\nContent')],
    ['the service keeps it for a second', ok.replace('Content', 'Keep-Alive: timeout=1\r\nContent')],
  ])('but not where %s', async (_name, answer) => {
    const server = await startServer(answer, ok);
    const pool = openPool(server.port);
    expect((await collectAnswer(pool)).body).toBe('ok');
    expect((await collectAnswer(pool)).body).toBe('ok');
    expect(server.sockets.length).toBe(2);
  });

  it('but not after bytes, or an end, while they are idle', async () => {
    const server = await startServer(ok);
    const pool = openPool(server.port);
    await collectAnswer(pool);
    server.sockets[0]?.write('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison');
    await untilQuiet(pool, 0);
    await collectAnswer(pool);
    server.sockets[1]?.end();
    await untilQuiet(pool, 0);
    await collectAnswer(pool);
    server.sockets[2]?.resetAndDestroy();
    await untilQuiet(pool, 0);
    expect((await collectAnswer(pool)).body).toBe('ok');
  });

  it('until they were idle for too long, by one timer for all of them', async () => {
    const clock = createManualClock();
    const server = await startServer(ok, ok.replace('Content', 'Keep-Alive: timeout=3\r\nContent'), ok);
    const pool = openPool(server.port, { clock });
    await Promise.all([collectAnswer(pool), collectAnswer(pool)]);
    await new Promise(setImmediate);
    await clock.advance(2000);
    expect(pool.openCount).toBe(1);
    await clock.advance(2000);
    expect(pool.openCount).toBe(0);
  });
});

describe('a limited number of connections', () => {
  it('is never exceeded; the others wait in the order they came', async () => {
    const server = await startServer(ok);
    const pool = openPool(server.port, { connections: 2 });
    const ends: number[] = [];
    await Promise.all(
      Array.from({ length: 20 }, async (_each, index) => {
        await collectAnswer(pool);
        ends.push(index);
      }),
    );
    expect(server.sockets.length).toBe(2);
    expect(ends).toEqual([...ends].sort((a, b) => a - b));
  });

  it('goes on with new ones when those that were there have gone', async () => {
    const server = await startServer(`${ok}x`);
    const pool = openPool(server.port, { connections: 1 });
    await Promise.all(Array.from({ length: 5 }, () => collectAnswer(pool)));
    expect(server.sockets.length).toBe(5);
  });
});

describe('no connection', () => {
  it('is refused: nothing was sent', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    server.close();
    await once(server, 'close');
    const controls: unknown[] = [];
    const pool = openPool(port);
    const answer = collectAnswer(pool, {}, { onResponseError: (control) => void controls.push(control) });
    expect(await codeOf(answer)).toBe('ECONNREFUSED');
    expect([controls, pool.openCount]).toEqual([[null], 0]);
  });

  it('comes about in time', async () => {
    let expire = (): void => {};
    const schedule = (_delayMs: number, task: () => void) => {
      expire = task;
      return () => {};
    };
    const server = await startServer(ok);
    const pool = openPool(server.port, { clock: { monotonic: () => 0, schedule } });
    const answer = codeOf(collectAnswer(pool));
    // It is being opened, and the machine was not asked yet whether it is.
    await new Promise(setImmediate);
    expire();
    expect(await answer).toBe('UPSTREAM_CONNECT_TIMEOUT');
    expect(pool.openCount).toBe(0);
  });

  it('is opened for a request that cannot be written', async () => {
    const server = await startServer(ok);
    const pool = openPool(server.port);
    expect(await codeOf(collectAnswer(pool, { path: '/a b' }))).toBe('UPSTREAM_INVALID');
    expect(pool.openCount).toBe(0);
  });
});

describe('the end of the connections', () => {
  it('comes when the last request has ended, and takes no other one', async () => {
    const waiting: (() => void)[] = [];
    const server = await startRawServer((socket) => void waiting.push(() => socket.write(ok)));
    const pool = openPool(server.port);
    const answer = collectAnswer(pool);
    await expect.poll(() => waiting.length).toBe(1);
    const closed = pool.close();
    expect(await codeOf(collectAnswer(pool))).toBe('UPSTREAM_CLOSED');
    waiting[0]?.();
    expect((await answer).body).toBe('ok');
    await closed;
    expect(pool.openCount).toBe(0);
  });

  it('breaks off what is under way, if it has to', async () => {
    const server = await startRawServer(() => {});
    const pool = openPool(server.port, { connections: 1 });
    const answers = [codeOf(collectAnswer(pool)), codeOf(collectAnswer(pool))];
    await expect.poll(() => server.texts.length).toBe(1);
    await pool.destroy();
    expect(await Promise.all(answers)).toEqual(['UPSTREAM_CLOSED', 'UPSTREAM_CLOSED']);
    expect(pool.openCount).toBe(0);
  });
});
