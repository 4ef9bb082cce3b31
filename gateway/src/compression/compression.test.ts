import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { brotliDecompressSync, createGunzip, gunzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startTestGateway } from '../fixture/start-test-gateway.ts';
import type { Answer } from '../fixture/start-upstream.ts';

const config = `
defaults: { compression: true }
routes:
  - { name: packed, path: /packed/*, service: posts, auth: none }
  - { name: secret, path: /secret, service: posts, auth: none, compression: false }
  - { name: large, path: /large, service: posts, auth: none, compression: { min: 64kb } }
`;
const posts = JSON.stringify({ data: Array.from({ length: 200 }, (_, id) => ({ id, title: `Post ${id}` })) });

const answerPosts: Answer = (_request, response) => {
  response.writeHead(200, {
    ...{
      'content-type': 'application/json',
      'content-length': posts.length,
      etag: '"7-full"',
      vary: 'Accept',
    },
  });
  response.end(posts);
};

const ask = async (
  url: string,
  headers: Readonly<Record<string, string>>,
  method = 'GET',
): Promise<IncomingMessage> => {
  const asked = request(url, { method, headers });
  onTestFinished(() => void asked.destroy());
  asked.on('error', () => {}).end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  return answer.on('error', () => {});
};

describe('compression: by route', () => {
  it('is what the client likes best of br, zstd and gzip', async () => {
    const { url } = await startTestGateway({ config, answer: answerPosts });
    const answer = await ask(`${url}/packed/a`, { 'accept-encoding': 'gzip, deflate, br;q=0.9' });

    expect(answer.headers).toMatchObject({
      ...{ 'content-encoding': 'gzip', 'transfer-encoding': 'chunked', etag: '"7-full-gzip"' },
      vary: 'Accept-Encoding, Accept',
    });
    expect(answer.headers['content-length']).toBeUndefined();
    expect(gunzipSync(await buffer(answer)).toString()).toBe(posts);
  });

  it('is off where the route says so, and under the least size', async () => {
    const { url } = await startTestGateway({ config, answer: answerPosts });
    for (const path of ['/secret', '/large']) {
      const answer = await ask(url + path, { 'accept-encoding': 'br' });

      expect(answer.headers['content-encoding']).toBeUndefined();
      expect((await buffer(answer)).toString()).toBe(posts);
    }
  });

  it('leaves alone what the service has packed, parts, and other types', async () => {
    const cases: readonly [number, Record<string, string>][] = [
      [200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }],
      [206, { 'content-type': 'application/json', 'content-range': 'bytes 0-9/100' }],
      [200, { 'content-type': 'image/png' }],
      [200, { 'content-type': 'application/json', 'cache-control': 'no-transform' }],
    ];
    let next = 0;
    const { url } = await startTestGateway({
      config,
      answer: (_request, response) => {
        response.writeHead(...(cases[next++] as [number, Record<string, string>])).end('x'.repeat(2000));
      },
    });
    for (const [status] of cases) {
      const answer = await ask(`${url}/packed`, { 'accept-encoding': 'br' });

      expect([answer.statusCode, (await buffer(answer)).toString()]).toEqual([status, 'x'.repeat(2000)]);
    }
  });

  it('answers HEAD as it would a GET', async () => {
    const { url } = await startTestGateway({ config, answer: answerPosts });
    const answer = await ask(`${url}/packed`, { 'accept-encoding': 'br' }, 'HEAD');

    expect(answer.headers).toMatchObject({ 'content-encoding': 'br', etag: '"7-full-br"' });
    expect(answer.headers['content-length']).toBeUndefined();
    expect(await buffer(answer)).toHaveLength(0);
  });

  it('says 406 to who takes neither a coding nor plain bytes, and asks no service', async () => {
    const { url, upstream } = await startTestGateway({ config, answer: answerPosts });
    const answer = await ask(`${url}/packed`, { 'accept-encoding': 'compress, *;q=0' });

    expect([answer.statusCode, JSON.parse((await buffer(answer)).toString()).code]).toEqual([
      406,
      'not_acceptable',
    ]);
    expect(upstream.received).toEqual([]);
  });

  it('packs nothing of a refusal', async () => {
    const { url, registry } = await startTestGateway({ config, answer: answerPosts });
    registry.set('posts', []);
    const answer = await ask(`${url}/packed`, { 'accept-encoding': 'br' });

    expect([answer.statusCode, answer.headers['content-encoding']]).toEqual([503, undefined]);
    expect(answer.headers.vary).toBe('Accept-Encoding');
  });
});

describe('compression: the tag that an answer had', () => {
  it('finds the answer again, and the 304 names it', async () => {
    const { url, upstream } = await startTestGateway({
      config,
      answer: (asked, response, body) => {
        if (asked.headers['if-none-match'] !== '"7-full"') answerPosts(asked, response, body);
        else response.writeHead(304, { etag: '"7-full"' }).end();
      },
    });
    const first = await ask(`${url}/packed`, { 'accept-encoding': 'br' });
    const tag = String(first.headers.etag);
    expect(brotliDecompressSync(await buffer(first)).toString()).toBe(posts);
    const second = await ask(`${url}/packed`, { 'accept-encoding': 'br', 'if-none-match': tag });

    expect([second.statusCode, second.headers.etag]).toEqual([304, tag]);
    expect(upstream.received[1]?.headers['if-none-match']).toBe('"7-full"');
  });
});

describe('compression: an answer as a stream', () => {
  it('has each part at the client as it is said', async () => {
    const parts = Promise.withResolvers<(text: string) => void>();
    const { url } = await startTestGateway({
      config,
      raw: (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/x-ndjson' }).flushHeaders();
        parts.resolve((text) => void (text === '' ? response.end() : response.write(text)));
      },
    });
    const answer = await ask(`${url}/packed`, { 'accept-encoding': 'gzip' });
    const say = await parts.promise;
    const lines = answer.pipe(createGunzip()).setEncoding('utf8');
    for (const line of ['{"id":1}\n', '{"id":2}\n']) {
      say(line);
      expect((await once(lines, 'data'))[0]).toBe(line);
    }
    say('');
    await once(lines.resume(), 'end');
  });

  it('is whole at 32 MiB, and holds the service back while its client rests', {
    timeout: 30_000,
  }, async () => {
    const chunk = Buffer.alloc(65_536);
    for (let at = 0; at < chunk.length; at += 1) chunk[at] = (at * 2_654_435_761) >>> 24;
    let sent = 0;
    const { url } = await startTestGateway({
      config,
      raw: (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/plain' });
        const say = (): void => {
          while (sent < 512) {
            sent += 1;
            chunk.writeUInt32LE(sent, 0);
            if (!response.write(Buffer.from(chunk))) {
              response.once('drain', say);
              return;
            }
          }
          response.end();
        };
        say();
      },
    });
    const answer = await ask(`${url}/packed`, { 'accept-encoding': 'gzip' });
    await expect.poll(() => sent).toBeGreaterThan(0);
    let bytes = 0;
    for await (const part of answer.pipe(createGunzip())) bytes += (part as Buffer).length;

    expect(bytes).toBe(512 * chunk.length);
  });

  it('is broken off where the service breaks off, so that nobody takes it for the whole', async () => {
    const { url } = await startTestGateway({
      config,
      raw: (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/plain' }).write('x'.repeat(100_000));
        setImmediate(() => response.destroy());
      },
    });
    const answer = await ask(`${url}/packed`, { 'accept-encoding': 'gzip' });
    await new Promise((resolve) => answer.once('close', resolve).resume());

    expect(answer.complete).toBe(false);
  });

  it('is asked for again when it broke before the client had a byte', async () => {
    let tries = 0;
    const { url } = await startTestGateway({
      config,
      answer: (asked, response, body) => {
        tries += 1;
        if (tries === 1) response.destroy();
        else answerPosts(asked, response, body);
      },
    });
    const answer = await ask(`${url}/packed`, { 'accept-encoding': 'br' });

    expect([answer.statusCode, tries]).toEqual([200, 2]);
    expect(brotliDecompressSync(await buffer(answer)).toString()).toBe(posts);
  });

  it('lets the service go when the client has gone', async () => {
    const over = Promise.withResolvers<void>();
    const { url } = await startTestGateway({
      config,
      raw: (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/plain' }).write('x'.repeat(100_000));
        response.once('close', over.resolve);
      },
    });
    (await ask(`${url}/packed`, { 'accept-encoding': 'br' })).destroy();

    await over.promise;
  });
});
