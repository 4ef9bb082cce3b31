import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collectAnswer } from './collect-answer.ts';
import type { RequestControl } from './outgoing-request.ts';
import { codeOf, ok, openPool, startServer, untilQuiet } from './pool-fixture.ts';
import { startRawServer } from './start-raw-server.ts';

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
