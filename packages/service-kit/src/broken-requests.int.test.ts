import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startNotes } from './testing/start-notes.ts';

let notes: Awaited<ReturnType<typeof startNotes>>;

beforeAll(async () => {
  notes = await startNotes();
});

afterAll(() => notes.end());

/** Sends bytes as they are and gives back everything that comes until the end of the connection. */
const sendRaw = (text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(notes.running.port, '127.0.0.1', () => socket.write(text));
    socket.setTimeout(5_000, () => socket.destroy(new Error('no end')));
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('error', reject).on('close', () => resolve(answer));
  });

describe('a request that is broken', () => {
  it.each([
    [
      'two lengths',
      'POST /api/plain HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['no HTTP', 'hello\r\n\r\n', 400],
    ['no host', 'GET /livez HTTP/1.1\r\n\r\n', 400],
    ['headers without end', `GET /livez HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
  ])('%s is refused, and the connection ends', async (_, text, status) => {
    const answer = await sendRaw(text);

    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toMatch(/Connection: close/i);
  });

  it('is a problem as well', async () => {
    const answer = await sendRaw('hello\r\n\r\n');

    expect(answer).toContain('application/problem+json');
    expect(JSON.parse(answer.slice(answer.indexOf('{')))).toMatchObject({
      status: 400,
      code: 'malformed_request',
    });
  });
});

describe('a body that does not come', () => {
  it('is the client’s time, and the connection ends', async () => {
    const answer = await sendRaw(
      `POST /api/plain HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\nX-Request-Deadline: ${Date.now() + 200}\r\n\r\n{"text":`,
    );

    expect(answer).toMatch(/^HTTP\/1.1 408 /);
    expect(answer).toMatch(/^Connection: close/im);
    expect(answer).toContain('"code":"request_timeout"');
    expect(answer.match(/HTTP\/1.1/g)).toHaveLength(1);
  });
});
