import { once } from 'node:events';
import { request as sendRequest } from 'node:http';
import { describe, expect, it } from 'vitest';
import { openRaw, sendRaw } from './fixture/raw-request.ts';
import { startTestGateway } from './fixture/start-test-gateway.ts';

const bigLimit = 'routes: [{ path: /api/*, service: posts, auth: none, bodyLimit: 70mb }]';

describe('a client that hangs up', () => {
  it('ends the request upstream', async () => {
    let arrived = (): void => {};
    let ended = (): void => {};
    const hasArrived = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const hasEnded = new Promise<void>((resolve) => {
      ended = resolve;
    });
    const { port, gateway } = await startTestGateway({
      raw: (request) => {
        request.socket.once('close', ended);
        arrived();
      },
    });
    const socket = openRaw(port);
    socket.write('GET /api/x HTTP/1.1\r\nHost: a\r\n\r\n');
    await hasArrived;

    socket.destroy();
    await hasEnded;

    expect(await gateway.inspection.services()).toMatchObject([{ name: 'posts', inFlight: 0 }]);
    expect(gateway.inspection.breakers()).toMatchObject([{ failures: 0, successes: 0 }]);
  });

  it('in the middle of an upload ends the upload', async () => {
    let ended = (_error: unknown): void => {};
    const hasEnded = new Promise<unknown>((resolve) => {
      ended = resolve;
    });
    const { port } = await startTestGateway({
      config: bigLimit,
      raw: (request) => {
        request.on('error', ended).resume();
        request.once('data', () => socket.destroy());
      },
    });
    const socket = openRaw(port);
    socket.write('POST /api/x HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n');
    socket.write('z'.repeat(200_000));

    expect(await hasEnded).toMatchObject({ code: 'ECONNRESET' });
  });
});

describe('an upload that takes all of the time', () => {
  const config = `${bigLimit.slice(0, -3)}, timeout: 200ms }]`;
  const head = 'POST /api/x HTTP/1.1\r\nHost: a\r\nContent-Length: 60000000\r\n\r\n';

  it('is the fault of a client that stops sending', async () => {
    const { port, gateway } = await startTestGateway({ config, raw: (request) => request.resume() });

    const answer = await sendRaw(port, head + 'z'.repeat(200_000));

    expect([answer.status, JSON.parse(answer.body).code]).toEqual([408, 'request_timeout']);
    expect(answer.head).toMatch(/^Connection: close$/m);
    expect(gateway.inspection.breakers()).toMatchObject([{ failures: 0, successes: 0 }]);
  });

  it('is the fault of a service that stops reading', async () => {
    // Long enough that the client has filled every buffer on the way, also on a busy machine.
    const { port, gateway } = await startTestGateway({
      config: config.replace('200ms', '1500ms'),
      raw: (request) => request.pause(),
    });

    const answer = await sendRaw(port, head + 'z'.repeat(30_000_000));

    expect([answer.status, JSON.parse(answer.body).code]).toEqual([504, 'gateway_timeout']);
    expect(gateway.inspection.breakers()).toMatchObject([{ failures: 1 }]);
  });
});

describe('streams of 64 MiB', () => {
  const size = 64 * 1024 * 1024;
  const piece = Buffer.alloc(64 * 1024, 'x');

  it('go down in step with a client that reads slowly', async () => {
    let sent = 0;
    const { url } = await startTestGateway({
      raw: (_request, response) => {
        response.writeHead(200, { 'content-length': String(size) });
        const push = (): void => {
          while (sent < size) {
            sent += piece.length;
            if (!response.write(piece)) {
              response.once('drain', push);
              return;
            }
          }
          response.end();
        };
        push();
      },
    });
    let bytes = 0;
    let ahead = 0;

    const answer = await fetch(`${url}/api/x`);
    for await (const chunk of answer.body ?? []) {
      bytes += chunk.length;
      ahead = Math.max(ahead, sent - bytes);
      await new Promise(setImmediate);
    }

    expect(bytes).toBe(size);
    expect(ahead).toBeLessThan(16 * 1024 * 1024);
  });

  it('go up in step with a service that reads slowly', async () => {
    let taken = 0;
    const { port } = await startTestGateway({
      config: bigLimit,
      raw: (request, response) => {
        request.on('data', (chunk: Buffer) => {
          taken += chunk.length;
          request.pause();
          setImmediate(() => request.resume());
        });
        request.on('end', () => response.end(String(taken)));
      },
    });
    const outgoing = sendRequest({
      ...{ port, host: '127.0.0.1', path: '/api/x', method: 'POST' },
      headers: { 'content-length': size },
    });
    for (let sent = 0; sent < size; sent += piece.length) {
      if (!outgoing.write(piece)) await once(outgoing, 'drain');
      expect(sent - taken).toBeLessThan(16 * 1024 * 1024);
    }
    outgoing.end();
    const [answer] = await once(outgoing, 'response');
    answer.resume();

    await once(answer, 'end');
    expect(taken).toBe(size);
  });
});
