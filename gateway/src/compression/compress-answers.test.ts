import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { AnswerSink } from '../answer-sink.ts';
import type { Exchange } from '../exchange.ts';
import { createTestExchange } from '../fixture/create-test-exchange.ts';
import { unreadMessage } from '../message/read-message.ts';
import { compressAnswers } from './compress-answers.ts';
import { createCompressors } from './compressors.ts';

const text = Buffer.from('the same words again and again. '.repeat(100));
const json = ['content-type', 'application/json', 'etag', '"7-full"'];
const known = [...json, 'content-length', String(text.length)];
const unpack = { br: brotliDecompressSync, gzip: gunzipSync, zstd: zstdDecompressSync };

type Asked = Readonly<{
  method?: string;
  headers?: Readonly<Record<string, string>>;
  compressors?: ReturnType<typeof createCompressors>;
}>;

/** What the client gets, and the hand of the service that gives it. */
const ask = ({ method = 'GET', headers = {}, compressors = createCompressors() }: Asked) => {
  const { exchange } = createTestExchange({ method, headers });
  exchange.message = { ...unreadMessage, passing: Object.entries(headers).flat() };
  const got = { status: 0, headers: [] as string[], bytes: [] as Buffer[], state: 'open', isFull: false };
  const ended = Promise.withResolvers<void>();
  const client: AnswerSink = {
    head: (status, list) => Object.assign(got, { status, headers: list }),
    data: (chunk) => {
      got.bytes.push(chunk);
      return !got.isFull;
    },
    end: () => {
      got.state = 'ended';
      ended.resolve();
    },
    breakOff: () => {
      got.state = 'broken';
    },
  };
  const seen: Exchange[] = [];
  compressAnswers(
    { minBytes: 1024 },
    { compressors, toResponse: () => client },
  )((passed) => {
    seen.push(passed);
  })(exchange);
  const sink = exchange.sink ?? client;
  const answer = async (status: number, list: string[], ...chunks: Buffer[]) => {
    sink.head(status, list);
    for (const chunk of chunks) sink.data(chunk);
    sink.end();
    await ended.promise;
    return { ...got, body: Buffer.concat(got.bytes) };
  };
  return { exchange, sink, got, answer, compressors, passedOn: () => seen.length > 0 };
};

describe('compression: an answer', () => {
  it.each(['br', 'gzip', 'zstd'] as const)('is packed with %s, and whole again', async (coding) => {
    const { answer, exchange } = ask({ headers: { 'accept-encoding': coding } });
    const { headers, body, status } = await answer(200, known, text);

    expect(status).toBe(200);
    expect(headers).toEqual([
      ...['content-type', 'application/json', 'etag', `"7-full-${coding}"`, 'Content-Encoding', coding],
    ]);
    expect(body.length).toBeLessThan(text.length / 10);
    expect(unpack[coding](body)).toEqual(text);
    expect(exchange.answerHeaders).toEqual(['Vary', 'Accept-Encoding']);
  });

  it('of many chunks is packed as it comes, and its memory is free at its end', async () => {
    const { answer, compressors } = ask({ headers: { 'accept-encoding': 'gzip' } });
    const chunks = Array.from({ length: 64 }, (_, index) => Buffer.alloc(65_536, index));
    const { body } = await answer(200, json, ...chunks);

    expect(gunzipSync(body).equals(Buffer.concat(chunks))).toBe(true);
    await expect.poll(compressors.atWork).toBe(0);
  });

  it('of unknown length hands out each part as it is said', async () => {
    const { sink, got } = ask({ headers: { 'accept-encoding': 'gzip' } });
    sink.head(200, json);
    sink.data(Buffer.from('first'));

    await expect
      .poll(() => gunzipSync(Buffer.concat(got.bytes), { finishFlush: 2 }).toString())
      .toBe('first');
    sink.end();
  });

  it('goes as it is to who asks for nothing, or for no change', async () => {
    for (const headers of [{}, { 'accept-encoding': 'gzip', 'cache-control': 'no-transform' }]) {
      const { headers: list, body } = await ask({ headers: headers as Record<string, string> }).answer(
        200,
        known,
        text,
      );
      expect([list, body]).toEqual([known, text]);
    }
  });

  it('to a HEAD has the head of a packed one, and nothing else', async () => {
    const { answer, compressors } = ask({ method: 'HEAD', headers: { 'accept-encoding': 'br' } });
    const { headers, body } = await answer(200, known);

    expect(headers).toContain('Content-Encoding');
    expect(headers).not.toContain('content-length');
    expect([body.length, compressors.atWork()]).toEqual([0, 0]);
  });

  it('is never made for who would not take it: 406 before the service is asked', () => {
    expect(() => ask({ headers: { 'accept-encoding': 'identity;q=0' } })).toThrow(
      expect.objectContaining({ code: 'not_acceptable' }),
    );
  });

  it('goes as it is while as many are packed as may be', async () => {
    const compressors = createCompressors(1);
    const first = ask({ headers: { 'accept-encoding': 'gzip' }, compressors });
    first.sink.head(200, known);
    const second = await ask({ headers: { 'accept-encoding': 'gzip' }, compressors }).answer(
      200,
      known,
      text,
    );

    expect(second.body).toEqual(text);
    first.sink.breakOff();
    await expect.poll(compressors.atWork).toBe(0);
  });
});

describe('compression: conditional requests', () => {
  it('find the tag that the service knows, and a 304 names the one that the client holds', async () => {
    const headers = { 'accept-encoding': 'br', 'if-none-match': '"7-full-br"' };
    const { answer, exchange } = ask({ headers });
    expect(exchange.message.passing).toEqual(['accept-encoding', 'br', 'if-none-match', '"7-full"']);

    expect((await answer(304, ['etag', '"7-full"'])).headers).toEqual(['etag', '"7-full-br"']);
  });
});

describe('compression: a pace that all keep', () => {
  it('holds the service back when the compressor is full, and lets it go on', async () => {
    const { sink, exchange, got } = ask({ headers: { 'accept-encoding': 'gzip' } });
    let resumed = 0;
    exchange.underway = {
      abandon: () => {},
      resume: () => {
        resumed += 1;
      },
    };
    sink.head(200, json);
    let hasRoom = true;
    for (let chunks = 0; hasRoom && chunks < 100; chunks += 1)
      hasRoom = sink.data(Buffer.alloc(65_536, chunks));
    expect(hasRoom).toBe(false);

    await expect.poll(() => resumed).toBe(1);
    sink.breakOff();
    expect(got.state).toBe('broken');
  });

  it('rests while the client does not read, and packs on when it does', async () => {
    const { sink, exchange, got } = ask({ headers: { 'accept-encoding': 'gzip' } });
    got.isFull = true;
    sink.head(200, json);
    sink.data(Buffer.alloc(65_536, 1));
    await expect.poll(() => got.bytes.length).toBe(1);
    sink.data(Buffer.alloc(65_536, 2));
    sink.end();
    expect(got.state).toBe('open');
    got.isFull = false;
    exchange.response.emit('drain');

    await expect.poll(() => got.state).toBe('ended');
    expect(gunzipSync(Buffer.concat(got.bytes)).length).toBe(131_072);
  });

  it('is over when the client has gone', async () => {
    const { sink, exchange, compressors } = ask({ headers: { 'accept-encoding': 'br' } });
    sink.head(200, json);
    sink.data(text);
    exchange.response.emit('close');

    await expect.poll(compressors.atWork).toBe(0);
  });
});
