import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { openRaw, sendRaw } from '../fixture/raw-request.ts';
import { startTestGateway } from '../fixture/start-test-gateway.ts';

const config = (limit: string): string =>
  `routes: [{ path: /api/*, service: posts, auth: none, bodyLimit: ${limit} }]`;
const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;
const chunkedHead = 'POST /api/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';

describe('a body', () => {
  it('passes up to the limit', async () => {
    const { url } = await startTestGateway({ config: config('1kb') });

    expect((await fetch(`${url}/api/x`, { method: 'POST', body: 'x'.repeat(1024) })).status).toBe(200);
  });

  it('over the limit is refused by its length, before it is sent', async () => {
    const { port, upstream } = await startTestGateway({ config: config('1kb') });

    const answer = await sendRaw(
      port,
      'POST /api/x HTTP/1.1\r\nHost: a\r\nContent-Length: 1025\r\nExpect: 100-continue\r\n\r\n',
    );

    expect(answer.status).toBe(413);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'payload_too_large' });
    expect(upstream.received).toEqual([]);
  });

  it('over the limit in chunks is refused as soon as it is over', async () => {
    const { port, upstream } = await startTestGateway({ config: config('1kb') });

    const answer = await sendRaw(port, chunkedHead + chunk('x'.repeat(1025)));

    expect(answer.status).toBe(413);
    expect(answer.head).toMatch(/^Connection: close$/m);
    expect(upstream.received).toEqual([]);
  });

  it('over the limit is refused while it is streamed to the service', async () => {
    const { port, upstream } = await startTestGateway({ config: config('100kb') });

    const answer = await sendRaw(port, chunkedHead + chunk('x'.repeat(90_000)) + chunk('x'.repeat(20_000)));

    expect(answer.status).toBe(413);
    expect(upstream.received).toEqual([]);
  });

  it('whose sender goes on gets the refusal all the same', async () => {
    const { port } = await startTestGateway({ config: config('100kb') });
    const socket = openRaw(port);
    let text = '';
    socket.setEncoding('latin1').on('data', (data: string) => {
      text += data;
    });
    socket.on('error', () => {});

    socket.write('POST /api/x HTTP/1.1\r\nHost: a\r\nContent-Length: 700000\r\n\r\n');
    socket.write('x'.repeat(700_000));
    await once(socket, 'close');

    expect(text).toMatch(/^HTTP\/1\.1 413 /);
    expect(text).toMatch(/"code":"payload_too_large"\}$/);
  });

  it('that a chunk breaks ends with 400', async () => {
    const { port } = await startTestGateway({ config: config('1mb') });

    const answer = await sendRaw(port, `${chunkedHead}${chunk('x'.repeat(90_000))}zz\r\n`);

    expect(answer.status).toBe(400);
  });
});
