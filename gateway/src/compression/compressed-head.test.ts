import { describe, expect, it } from 'vitest';
import { type CompressionRules, isNoTransform, toCompressedHead } from './compressed-head.ts';

const usual: CompressionRules = { minBytes: 1024, identityAllowed: true };
const json = ['content-type', 'application/json; charset=utf-8'];
const large = [...json, 'content-length', '2048'];

const headOf = (headers: string[], status = 200, rules = usual) =>
  toCompressedHead(status, headers, 'gzip', rules);

describe('compression: an answer that is worth it', () => {
  it('loses its length and says its coding', () => {
    expect(headOf([...large, 'x-other', '1'])).toEqual({
      headers: [...json, 'x-other', '1', 'Content-Encoding', 'gzip'],
      plainBytes: 2048,
    });
  });

  it.each([
    'text/html',
    'text/css',
    'application/problem+json',
    'image/svg+xml',
    'application/xml',
    'font/ttf',
  ])('is %s', (type) => {
    expect(headOf(['content-type', type])).toBeDefined();
  });

  it('is one of unknown length', () => {
    expect(headOf(json)).toMatchObject({ plainBytes: undefined });
  });

  it('is an error as well', () => {
    expect(headOf(large, 422)).toBeDefined();
  });

  it('is a small one when the client does not take the plain bytes', () => {
    expect(
      headOf([...json, 'content-length', '10'], 200, { ...usual, identityAllowed: false }),
    ).toBeDefined();
  });

  it('says its coding in a strong tag, since other bytes are another representation', () => {
    expect(headOf([...large, 'etag', '"7-full"'])?.headers).toContain('"7-full-gzip"');
    expect(headOf([...large, 'etag', 'W/"7"'])?.headers).toContain('W/"7"');
  });

  it('no longer offers ranges: they would be those of the plain bytes', () => {
    expect(headOf([...large, 'accept-ranges', 'bytes'])?.headers).not.toContain('accept-ranges');
  });
});

describe('compression: an answer that goes as it is', () => {
  it.each([
    ['smaller than the least size', [...json, 'content-length', '1023']],
    ['empty', [...json, 'content-length', '0']],
    ['an image', ['content-type', 'image/png']],
    ['a font that is packed', ['content-type', 'font/woff2']],
    ['of no type', ['content-length', '4096']],
    ['an event stream, whose events may not wait', ['content-type', 'text/event-stream']],
    ['under a coding already', [...large, 'content-encoding', 'br']],
    ['not to be transformed', [...large, 'cache-control', 'public, no-transform']],
    ['under a digest of its bytes', [...large, 'content-digest', 'sha-256=:AAA=:']],
    ['a part', [...large, 'content-range', 'bytes 0-1/2']],
  ])('is %s', (_why, headers) => {
    expect(headOf(headers)).toBeUndefined();
  });

  it.each([204, 205, 206, 304, 416])('has status %d', (status) => {
    expect(headOf(large, status)).toBeUndefined();
  });
});

describe('compression: the word no-transform', () => {
  it.each([
    ['no-transform', true],
    ['max-age=0, No-Transform', true],
    ['x-no-transform', false],
    ['no-transformer', false],
    [undefined, false],
  ])('in %s is %s', (value, found) => {
    expect(isNoTransform(value)).toBe(found);
  });
});
