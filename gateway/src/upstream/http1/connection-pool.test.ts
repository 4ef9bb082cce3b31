import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { systemClock } from '@gatehouse/resilience';
import { createManualClock } from '@gatehouse/testing';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { collectAnswer } from './collect-answer.ts';
import { ConnectionPool, type PoolOptions } from './connection-pool.ts';
import type { RequestControl } from './outgoing-request.ts';
import { startRawServer } from './start-raw-server.ts';

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

const openPool = (port: number, options: Partial<PoolOptions> = {}): ConnectionPool => {
  const pool = new ConnectionPool({
    ...{ host: '127.0.0.1', port, connectTimeoutMs: 1000, idleMs: 4000, clock: systemClock },
    ...options,
  });
  onTestFinished(() => pool.destroy());
  return pool;
};

/** A server that answers each head with the next of `answers`, and then with the last one again. */
const startServer = (...answers: readonly string[]) => {
  let asked = 0;
  return startRawServer((socket, piece) => {
    for (const _head of piece.matchAll(/\r\n\r\n/g)) {
      socket.write(answers[Math.min(asked, answers.length - 1)] as string, 'latin1');
      asked += 1;
    }
  });
};

const codeOf = (answer: Promise<unknown>): Promise<unknown> =>
  answer.then(
    () => 'answered',
    (error: { code?: string }) => error.code,
  );

/** Long enough that bytes on loopback have come, told by another connection and not by a clock. */
const untilQuiet = async (pool: ConnectionPool, count: number): Promise<void> => {
  await expect.poll(() => pool.openCount).toBe(count);
};

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

describe('an answer that breaks off', () => {
  it.each([
    ['before it began', ''],
    ['in its head', 'HTTP/1.1 200 OK\r\nConte'],
    ['in its body', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok'],
  ])('%s is an error; the request is written once', async (_name, answer) => {
    const server = await startRawServer((socket) => {
      socket.write(answer);
      socket.end();
    });
    const pool = openPool(server.port);
    expect(await codeOf(collectAnswer(pool))).toMatch(/UPSTREAM_(ENDED|ANSWER)/);
    expect([server.sockets.length, pool.openCount]).toEqual([1, 0]);
  });

  it('by a reset on a connection that was used before is an error, and written once', async () => {
    let asked = 0;
    const server = await startRawServer((socket) => {
      asked += 1;
      if (asked === 1) socket.write(ok);
      else socket.resetAndDestroy();
    });
    const pool = openPool(server.port);
    await collectAnswer(pool);
    expect(await codeOf(collectAnswer(pool))).toBe('ECONNRESET');
    expect([asked, server.sockets.length, pool.openCount]).toEqual([2, 1, 0]);
  });

  it('since nobody wants it any more takes its connection along; the others are heard of no more', async () => {
    const server = await startServer('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok');
    const pool = openPool(server.port);
    const heard: string[] = [];
    await new Promise<void>((resolve) => {
      void collectAnswer(
        pool,
        {},
        {
          onResponseStart: () => heard.push('start'),
          onResponseData: (control) => {
            heard.push('data');
            control.abort();
            control.abort();
            control.resume();
            resolve();
          },
          onResponseError: () => heard.push('error'),
        },
      );
    });
    await untilQuiet(pool, 0);
    expect(heard).toEqual(['start', 'data']);
  });
});

describe('a body that is streamed', () => {
  const untilEnd = async (answerAt: RegExp, body: Readable, headers: readonly string[] = []) => {
    const server = await startRawServer((socket, _piece, index) => {
      if (answerAt.test(server.texts[index] as string)) socket.write(ok);
    });
    const pool = openPool(server.port);
    const answer = await collectAnswer(pool, { method: 'POST', body, headers }).catch(
      ({ code }: { code: string }) => code,
    );
    return { server, pool, answer, text: server.texts[0] ?? '' };
  };

  it('goes out in chunks, the head with the first of them', async () => {
    const { text, pool } = await untilEnd(
      /0\r\n\r\n$/,
      Readable.from([Buffer.from('hello'), Buffer.from('you')]),
    );
    expect(text).toMatch(/transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n3\r\nyou\r\n0\r\n\r\n$/);
    expect(pool.openCount).toBe(1);
  });

  it('goes out by its length', async () => {
    const body = Readable.from([Buffer.from('hel'), Buffer.from('lo')]);
    const { text } = await untilEnd(/hello$/, body, ['content-length', '5']);
    expect(text).toMatch(/content-length: 5\r\n\r\nhello$/);
  });

  it.each([
    ['longer', 'hello', 'UPSTREAM_BODY'],
    ['shorter', 'hel', 'UPSTREAM_BODY'],
  ])('is never %s than it was announced', async (_name, content, code) => {
    const body = Readable.from([Buffer.from(content)]);
    const { answer, pool, text } = await untilEnd(/$^/, body, ['content-length', '4']);
    expect([answer, pool.openCount]).toEqual([code, 0]);
    expect(text).not.toContain('hello');
  });

  it('fails with what its source failed with; nothing of it is sent if that comes first', async () => {
    const failure = Object.assign(new Error('too large'), { code: 'too_large' });
    const body = new Readable({ read: () => void body.destroy(failure) });
    const { answer, text, pool } = await untilEnd(/$^/, body);
    expect([answer, text, pool.openCount]).toEqual(['too_large', '', 0]);
  });

  it('is left off when the answer comes first, and the connection with it', async () => {
    const server = await startRawServer((socket, piece) => {
      if (piece.includes('\r\n\r\n')) socket.write(ok);
    });
    const pool = openPool(server.port);
    const body = new Readable({ read() {} });
    body.push(Buffer.from('beginning'));
    expect((await collectAnswer(pool, { method: 'POST', body })).body).toBe('ok');
    expect(body.destroyed).toBe(true);
    await untilQuiet(pool, 0);
  });

  it('is held back by a service that does not read', async () => {
    let given = 0;
    const server = await startRawServer((socket) => void socket.pause());
    const pool = openPool(server.port);
    const body = new Readable({
      read() {
        given += 1;
        this.push(given > 10_000 ? null : Buffer.alloc(65_536));
      },
    });
    const answer = codeOf(collectAnswer(pool, { method: 'POST', body }));
    let before = -1;
    while (given !== before || given === 0) {
      before = given;
      for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
    }
    expect(given).toBeLessThan(1000);
    await pool.destroy();
    expect([await answer, body.destroyed]).toEqual(['UPSTREAM_CLOSED', true]);
  });
});

describe('an answer that is not wanted yet', () => {
  it('holds the service back, and comes whole afterwards', async () => {
    const bytes = 64 * 1024 * 1024;
    let isHeldBack = false;
    const server = await startRawServer((socket) => {
      let left = bytes;
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${bytes}\r\n\r\n`);
      const push = (): void => {
        while (left > 0) {
          left -= 1_048_576;
          if (socket.write(Buffer.alloc(1_048_576, 'x'))) continue;
          isHeldBack = true;
          socket.once('drain', push);
          return;
        }
      };
      push();
    });
    const pool = openPool(server.port);
    let got = 0;
    let chunks = 0;
    await new Promise<void>((resolve, reject) => {
      pool.dispatch(
        { method: 'GET', path: '/', headers: [], body: null },
        {
          onRequestStart: () => {},
          onRequestSent: () => {},
          onResponseStart: () => {},
          onResponseData: (control, chunk) => {
            got += chunk.length;
            chunks += 1;
            if (chunks % 100 !== 1) return;
            control.pause();
            setImmediate(() => control.resume());
          },
          onResponseEnd: () => resolve(),
          onResponseError: (_control, error) => reject(error),
        },
      );
    });
    expect([got, isHeldBack]).toEqual([bytes, true]);
    expect((await codeOf(pool.close())) === 'answered').toBe(true);
  });
});

describe('whatever becomes of requests', () => {
  /** How far the service comes: it answers, resets before, within and after the head, ends early, or says nothing. */
  const services: readonly ((socket: Socket) => void)[] = [
    (socket) => socket.write(ok),
    (socket) => socket.resetAndDestroy(),
    (socket) => socket.write('HTTP/1.1 200', () => socket.resetAndDestroy()),
    (socket) =>
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok', () => socket.resetAndDestroy()),
    (socket) => socket.end('HTTP/1.1 200 OK\r\n\r\nok'),
    (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok'),
    (socket) => socket.write('nonsense\r\n\r\n'),
    () => {},
  ];
  const points = ['never', 'start', 'sent', 'head', 'data'] as const;
  const plan = fc.record({
    service: fc.nat(services.length - 1),
    givesUpAt: fc.constantFrom(...points),
    streams: fc.boolean(),
  });

  it('each is told one end unless it was given up, and no connection stays behind', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(plan, { maxLength: 12 }), fc.boolean(), async (plans, isLimited) => {
        const server = await startRawServer((socket, piece) => {
          const [, number] = /^\w+ \/(\d)/.exec(piece) ?? [];
          if (number !== undefined) services[Number(number)]?.(socket);
        });
        const pool = openPool(server.port, isLimited ? { connections: 2 } : {});
        const ends = plans.map(() => 0);
        plans.forEach(({ service, givesUpAt, streams }, index) => {
          const end = (): void => {
            ends[index] = (ends[index] as number) + 1;
          };
          let control: RequestControl;
          const reach = (point: (typeof points)[number]): void => {
            if (point !== givesUpAt) return;
            control.abort();
            end();
          };
          pool.dispatch(
            {
              ...{ method: 'POST', path: `/${service}`, headers: [] },
              body: streams ? Readable.from([Buffer.from('hello')]) : null,
            },
            {
              onRequestStart: (given) => {
                control = given;
                reach('start');
              },
              onRequestSent: () => reach('sent'),
              onResponseStart: () => reach('head'),
              onResponseData: () => reach('data'),
              onResponseEnd: end,
              onResponseError: end,
            },
          );
        });
        for (let turn = 0; turn < 30; turn += 1) await new Promise(setImmediate);
        await pool.destroy();
        expect(ends).toEqual(plans.map(() => 1));
        expect(pool.openCount).toBe(0);
        await expect.poll(() => server.sockets.every(({ destroyed }) => destroyed)).toBe(true);
      }),
      { numRuns: 50 },
    );
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
