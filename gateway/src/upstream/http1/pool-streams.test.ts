import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { collectAnswer } from './collect-answer.ts';
import { codeOf, ok, openPool, untilQuiet } from './pool-fixture.ts';
import { startRawServer } from './start-raw-server.ts';

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
