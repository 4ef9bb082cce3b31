import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openRaw, type RawAnswer } from '../fixture/raw-request.ts';
import { startTestGateway } from '../fixture/start-test-gateway.ts';

const quick = { headersTimeoutMs: 80, requestTimeoutMs: 80, checkingIntervalMs: 20 };

/** Sends `head` at once and then one byte of `drip` after another, for as long as the other side lets it. */
const drip = async (
  port: number,
  head: string,
  endless: string,
): Promise<Pick<RawAnswer, 'status' | 'text'>> => {
  const socket = openRaw(port);
  let text = '';
  socket.on('error', () => {}).setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    text += chunk;
  });
  socket.write(head);
  const dripping = setInterval(() => socket.write(endless), 10);
  onTestFinished(() => clearInterval(dripping));
  await once(socket, 'end');
  clearInterval(dripping);
  socket.destroy();
  return { status: Number(text.slice(9, 12)), text };
};

describe('message safety: a client that never stops, a byte at a time', () => {
  it.each([
    ['over the request line', 'GET /api/', 'x'],
    ['over a header', 'GET /api/x HTTP/1.1\r\nHost: a\r\nX-A: ', 'x'],
    [
      'over a body of a given length',
      'POST /api/x HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n',
      'x',
    ],
    ['over chunks', 'POST /api/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n', '1\r\nx\r\n'],
    [
      'over the size of a chunk',
      'POST /api/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n',
      '0',
    ],
    [
      'over trailers',
      'POST /api/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n',
      'A: b\r\n',
    ],
  ])('%s, is cut off with 408, and the service is not asked', async (_name, head, endless) => {
    const { port, upstream } = await startTestGateway({ limits: quick });

    const { status, text } = await drip(port, head, endless);

    expect(status).toBe(408);
    expect(text).toContain('"code":"request_timeout"');
    expect(text).toMatch(/^Connection: close\r$/m);
    expect(upstream.received).toEqual([]);
  });

  it('over the second request of a connection, keeps the answer to the first', async () => {
    const { port } = await startTestGateway({ limits: quick });

    const { text } = await drip(port, 'GET /api/x HTTP/1.1\r\nHost: a\r\n\r\nGET /api/y', 'y');

    expect([...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)).toEqual(['200', '408']);
  });

  it('over empty lines before a request, is cut off', async () => {
    const { port } = await startTestGateway({ limits: quick });

    expect((await drip(port, '\r\n', '\r\n')).status).toBe(408);
  });
});

describe('bodies: a client that does not read', () => {
  const config = 'routes: [{ path: /api/*, service: posts, auth: none, timeout: 300ms }]';

  it('is cut off when the time for its request is over, and so is the service', async () => {
    let served = (): void => {};
    const hasEnded = new Promise<void>((resolve) => {
      served = resolve;
    });
    const { port, gateway } = await startTestGateway({
      config,
      raw: (_request, response) => {
        response.once('close', served);
        response.writeHead(200, { 'content-length': String(100 * 1024 * 1024) });
        const piece = Buffer.alloc(1024 * 1024);
        const push = (): void => {
          while (!response.destroyed && response.write(piece));
          response.once('drain', push);
        };
        push();
      },
    });
    const socket = openRaw(port);
    socket.on('error', () => {}).pause();
    socket.write('GET /api/x HTTP/1.1\r\nHost: a\r\n\r\n');

    await hasEnded;
    socket.resume();
    await once(socket, 'close');

    expect(await gateway.inspection.services()).toMatchObject([{ inFlight: 0 }]);
  });
});
