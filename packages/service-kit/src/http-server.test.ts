import { connect } from 'node:net';
import { sequentialIds } from '@gatehouse/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpServer, listenHttp } from './http-server.ts';

let server: HttpServer;

beforeAll(async () => {
  server = await listenHttp({
    listener: (request, response) => {
      request.on('end', () => response.end('done')).resume();
    },
    host: '127.0.0.1',
    port: 0,
    ids: sequentialIds(),
    limits: { headersMs: 100, requestMs: 200, checkEveryMs: 20 },
  });
});

afterAll(() => server.drain());

/** Sends `text`, and nothing more. */
const sendAndStall = (text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(server.port, '127.0.0.1', () => socket.write(text));
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('error', reject).on('close', () => resolve(answer));
  });

describe('a client that never finishes', () => {
  it.each([
    ['its headers', 'GET / HTTP/1.1\r\nHost: x\r\nX-Slow: '],
    ['its body', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{'],
  ])('%s is told so and cut off', async (_, text) => {
    const answer = await sendAndStall(text);

    expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
    expect(JSON.parse(answer.slice(answer.indexOf('{')))).toMatchObject({
      code: 'request_timeout',
      status: 408,
    });
  });
});

describe('a taken port', () => {
  it('is an error of the start', async () => {
    const again = listenHttp({
      listener: () => {},
      host: '127.0.0.1',
      port: server.port,
      ids: sequentialIds(),
    });

    await expect(again).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
