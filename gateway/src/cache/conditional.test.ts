import { describe, expect, it } from 'vitest';
import { cacheUse, wantsItAnew, wantsOnlyCached } from './cacheable-request.ts';
import { hasItAlready } from './conditional.ts';
import type { HeaderRecord } from './header-record.ts';

describe('same GETs: If-None-Match and If-Modified-Since from the store (RFC 9110 §13)', () => {
  const modified = 'Thu, 01 Jan 2026 00:00:00 GMT';
  const answer = { etag: 'W/"a,b"', 'last-modified': modified };

  it.each([
    ['W/"a,b"', true],
    ['"a,b"', true],
    ['"x", W/"a,b", "y"', true],
    ['*', true],
    ['"a", "b"', false],
    ['a,b', false],
    ['', false],
  ])('%s', (asked, has) => {
    expect(hasItAlready({ 'if-none-match': asked }, answer)).toBe(has);
    expect(hasItAlready({ 'if-none-match': asked, 'if-modified-since': modified }, answer)).toBe(has);
  });

  it('by date only without a tag', () => {
    const since = (value: string, at: HeaderRecord = answer) =>
      hasItAlready({ 'if-modified-since': value }, at);

    expect(since(modified)).toBe(true);
    expect(since('Thu, 01 Jan 2026 00:00:01 GMT')).toBe(true);
    expect(since('Wed, 31 Dec 2025 23:59:59 GMT')).toBe(false);
    expect(since('some day')).toBe(false);
    expect(since(modified, {})).toBe(false);
    expect(hasItAlready({}, answer)).toBe(false);
  });
});

describe('same GETs: requests that the cache lets pass', () => {
  it.each([
    ['a part', { range: 'bytes=0-1' }],
    ['a part, if', { 'if-range': '"1"' }],
    ['If-Match', { 'if-match': '"1"' }],
    ['If-Unmodified-Since', { 'if-unmodified-since': 'x' }],
    ['no-store', { 'cache-control': 'max-age=1, No-Store' }],
    ['a cookie, which is a caller that no key knows', { cookie: 'a=1' }],
    ['a token that nobody has looked at', { authorization: 'Bearer x' }],
    ['a body', { 'content-length': '1' }],
  ])('%s', (_name, headers) => {
    expect(cacheUse('GET', headers as HeaderRecord, undefined)).toBe('bypass');
  });

  it('any method but GET and HEAD', () => {
    expect(
      ['GET', 'HEAD', 'POST', 'OPTIONS', 'DELETE'].map((method) => cacheUse(method, {}, undefined)),
    ).toEqual([...['look', 'look', 'bypass', 'bypass', 'bypass']]);
  });

  it('says what a client wants', () => {
    expect(wantsOnlyCached({ 'cache-control': 'Only-If-Cached' })).toBe(true);
    expect(
      ['no-cache', 'max-age=0', 'no-store', 'max-age=1'].map((cc) => wantsItAnew({ 'cache-control': cc })),
    ).toEqual([...[true, true, true, false]]);
    expect([wantsItAnew({ pragma: 'no-cache' }), wantsItAnew({})]).toEqual([true, false]);
  });
});
