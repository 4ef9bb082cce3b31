import { once } from 'node:events';
import { request as sendRequest } from 'node:http';
import { describe, expect, it, vi } from 'vitest';
import { sendRaw } from './fixture/raw-request.ts';
import { startTestGateway } from './fixture/start-test-gateway.ts';

const bigLimit = 'routes: [{ path: /api/*, service: posts, auth: none, bodyLimit: 70mb }]';

describe('a request that is passed on', () => {
  it('arrives with method, path, query and body', async () => {
    const { url, upstream } = await startTestGateway();

    const answer = await fetch(`${url}/api/a%20b?q=%2F&x`, { method: 'PUT', body: 'hello there' });

    expect(await answer.text()).toBe('hello there');
    expect(upstream.received[0]).toMatchObject({
      method: 'PUT',
      url: '/api/a%20b?q=%2F&x',
      body: 'hello there',
    });
    expect(upstream.received[0]?.headers['content-length']).toBe('11');
  });

  it('arrives in chunks without a length', async () => {
    const { port, upstream } = await startTestGateway();

    const answer = await sendRaw(
      port,
      'POST /api/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n' +
        '5\r\nhello\r\n6;ext=1\r\n there\r\n0\r\nX-Trailer: 1\r\n\r\n',
    );

    expect(answer.status).toBe(200);
    expect(upstream.received[0]).toMatchObject({ body: 'hello there' });
    expect(upstream.received[0]?.headers['x-trailer']).toBeUndefined();
  });

  it('arrives whole when its body is larger than what is kept in memory', async () => {
    const { url, upstream } = await startTestGateway({ config: bigLimit });
    const body = 'x'.repeat(3_000_000);

    const answer = await fetch(`${url}/api/x`, { method: 'POST', body });

    expect((await answer.text()).length).toBe(body.length);
    expect(upstream.received[0]?.body.length).toBe(body.length);
    expect(upstream.received[0]?.headers['content-length']).toBe('3000000');
  });

  it('arrives whole in chunks that turn out larger than what is kept in memory', async () => {
    const { port, upstream } = await startTestGateway({ config: bigLimit });
    const outgoing = sendRequest({ port, host: '127.0.0.1', path: '/api/x', method: 'POST' });
    for (let index = 0; index < 50; index += 1) outgoing.write('y'.repeat(10_000));
    outgoing.end();

    const [answer] = await once(outgoing, 'response');
    answer.resume();
    await once(answer, 'end');

    expect(upstream.received[0]?.body.length).toBe(500_000);
  });

  it('keeps an empty POST a POST with a length of 0', async () => {
    const { url, upstream } = await startTestGateway();

    await fetch(`${url}/api/x`, { method: 'POST' });

    expect(upstream.received[0]?.headers).toMatchObject({ 'content-length': '0' });
  });
});

describe('an answer that is passed on', () => {
  it('keeps status, headers and all cookies, and loses what is hop by hop', async () => {
    const { port } = await startTestGateway({
      answer: (_request, response) => {
        response.writeHead(418, 'Teapot', [
          ...['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'X-Own', 'yes', 'X-Powered-By', 'magic'],
          ...['Connection', 'x-named', 'X-Named', 'no', 'Proxy-Authenticate', 'Basic', 'Server', 'x/1'],
        ]);
        response.end('short and stout');
      },
    });

    const { head, status } = await sendRaw(
      port,
      'GET /api/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    );

    expect(status).toBe(418);
    expect(head).toMatch(/^set-cookie: a=1\r\nset-cookie: b=2$/m);
    expect(head).toMatch(/^x-own: yes$/m);
    expect(head).not.toMatch(/x-named|powered|proxy-auth|^server/im);
  });

  it('has no body for HEAD, 204 and 304, and keeps the connection for the next request', async () => {
    const { port } = await startTestGateway({
      answer: ({ url, method }, response) => {
        const status = Number(url?.split('/').at(-1));
        response.writeHead(status, method === 'HEAD' ? { 'content-length': '1000' } : { etag: '"7-full"' });
        response.end();
      },
    });
    const line = (method: string, path: string, more = ''): string =>
      `${method} ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;

    const { text } = await sendRaw(
      port,
      line('HEAD', '/api/200') +
        line('GET', '/api/204') +
        line('GET', '/api/304', 'If-None-Match: "7-full"\r\n') +
        line('DELETE', '/api/204', 'Connection: close\r\n'),
    );

    const heads = text.split(/^HTTP\/1\.1 /m).slice(1);
    expect(heads.map((head) => head.slice(0, 3))).toEqual(['200', '204', '304', '204']);
    expect(heads[0]).toMatch(/content-length: 1000/);
    expect(heads.every((head) => head.endsWith('\r\n\r\n'))).toBe(true);
  });

  it('comes as it is made, byte by byte', async () => {
    const { url } = await startTestGateway({
      raw: (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.flushHeaders();
        response.socket?.once('close', () => response.end());
        response.write('data: 1\n\n');
      },
    });

    const answer = await fetch(`${url}/api/x`);
    const reader = answer.body?.getReader();
    const first = await reader?.read();

    expect(new TextDecoder().decode(first?.value)).toBe('data: 1\n\n');
    await reader?.cancel();
  });

  it('of early hints is left out, the final one comes', async () => {
    const { port } = await startTestGateway({
      answer: (_request, response) => {
        response.writeEarlyHints({ link: '</a.css>; rel=preload' });
        response.end('done');
      },
    });

    const { text } = await sendRaw(port, 'GET /api/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');

    expect(text).toMatch(/^HTTP\/1\.1 200 OK/);
    expect(text).toMatch(/done$/);
  });

  it('is chunked no more for a client of HTTP/1.0', async () => {
    const { port } = await startTestGateway({
      answer: (_request, response) => {
        response.write('one ');
        response.end('two');
      },
    });

    const { body, head } = await sendRaw(port, 'GET /api/x HTTP/1.0\r\n\r\n');

    expect(body).toBe('one two');
    expect(head).not.toMatch(/transfer-encoding/i);
  });
});

describe('an answer that breaks off', () => {
  it('is a 502 while the client has nothing', async () => {
    const { url } = await startTestGateway({
      raw: (_request, response) => {
        response.writeHead(200, { 'content-length': '100' });
        response.write('only this', () => response.socket?.destroy());
      },
    });

    const answer = await fetch(`${url}/api/x`, { method: 'POST', body: 'x' });

    expect(answer.status).toBe(502);
    expect(await answer.json()).toMatchObject({ code: 'bad_gateway', status: 502 });
  });

  it('is broken off for the client too, and never looks whole', async () => {
    const { port, logger } = await startTestGateway({
      raw: (_request, response) => {
        response.writeHead(200);
        response.write('the beginning', () => response.socket?.destroy());
      },
    });

    const { text } = await sendRaw(port, 'GET /api/x HTTP/1.1\r\nHost: a\r\n\r\n');

    expect(text).toContain('the beginning');
    expect(text).not.toMatch(/0\r\n\r\n$/);
    await vi.waitFor(() =>
      expect(logger.lines).toContainEqual(expect.objectContaining({ code: 'bad_gateway' })),
    );
  });
});
