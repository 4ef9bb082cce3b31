import { createManualClock } from '@gatehouse/testing';
import { describe, expect, it } from 'vitest';
import type { HeaderRecord } from './header-record.ts';
import { createKeepRules, type Keepable, type KeepSettings, longestKeepMs } from './keep-rules.ts';

const clock = createManualClock();
const toKeepable = createKeepRules(clock);
const plain: KeepSettings = { ttlMs: undefined, staleIfErrorMs: 0, vary: [] };

type Asked = Readonly<{ request?: HeaderRecord; status?: number; settings?: Partial<KeepSettings> }>;

const judge = (headers: HeaderRecord, asked: Asked = {}): Keepable | undefined =>
  toKeepable(
    asked.request ?? {},
    { status: asked.status ?? 200, headers: Object.entries(headers).flat(), askedAtMs: clock.now() },
    { ...plain, ...asked.settings },
  );

const keptSeconds = (headers: HeaderRecord, asked?: Asked): number | undefined => {
  const keepable = judge(headers, asked);
  return keepable && (keepable.keepUntilMs - clock.now()) / 1000;
};

const cc = (value: string): HeaderRecord => ({ 'cache-control': value });

describe('same GETs: what is kept, by the answer’s Cache-Control (RFC 9111 §3)', () => {
  it.each([
    ['max-age=60', 60],
    ['Max-Age="60"', 60],
    ['public, max-age=60', 60],
    ['max-age=60, s-maxage=90', 90],
    ['s-maxage=90, max-age=60', 90],
    ['max-age=60, max-age=30', 30],
    ['max-age=60, must-revalidate', 60],
    ['max-age=60, proxy-revalidate', 60],
    ['max-age=60, stale-while-revalidate=600', 60],
    ['max-age=99999999999999999999', longestKeepMs / 1000],
  ])('%s is kept', (value, seconds) => {
    expect(keptSeconds(cc(value))).toBe(seconds);
  });

  it.each([
    'no-store',
    'No-Store, max-age=60',
    'private, max-age=60',
    'PRIVATE="set-cookie, x", max-age=60',
    'max-age=0',
    'max-age=soon',
    'max-age=-1',
    'max-age=60, s-maxage=0',
    'no-cache',
    'no-cache="x", max-age=60',
    'public',
    '',
  ])('%s is not', (value) => {
    expect(judge(cc(value))).toBeUndefined();
  });

  it('by Expires where there is no max-age', () => {
    const at = (ms: number): string => new Date(clock.now() + ms).toUTCString();

    expect(keptSeconds({ expires: at(30_000), date: at(0) })).toBe(30);
    expect(keptSeconds({ expires: at(30_000), date: at(0), 'cache-control': 'max-age=5' })).toBe(5);
    expect(judge({ expires: '0' })).toBeUndefined();
    expect(judge({ expires: at(-1000), date: at(0) })).toBeUndefined();
  });

  it('for the route’s ttl where the answer does not say, and never against it', () => {
    const settings = { ttlMs: 5000 };

    expect(keptSeconds({}, { settings })).toBe(5);
    expect(keptSeconds({ 'last-modified': new Date(0).toUTCString() }, { settings })).toBe(605);
    expect(keptSeconds(cc('max-age=1'), { settings })).toBe(1);
    for (const value of ['no-store', 'private', 'no-cache'])
      expect(judge(cc(value), { settings })).toBeUndefined();
    expect(judge({ pragma: 'no-cache' }, { settings })).toBeUndefined();
    const statuses = [200, 203, 204, 301, 302, 404, 410, 501];
    expect(statuses.filter((status) => judge({}, { settings, status }))).toEqual([200, 203, 204, 301]);
  });

  it('with a validator also when it is stale at once, to be confirmed', () => {
    expect(keptSeconds({ 'cache-control': 'no-cache', etag: '"1"' })).toBe(600);
    expect(
      keptSeconds({ 'cache-control': 'max-age=0', 'last-modified': 'Thu, 01 Jan 1970 00:00:00 GMT' }),
    ).toBe(600);
  });
});

describe('same GETs: what is never kept', () => {
  it.each([
    ['a cookie', { 'set-cookie': 'a=1' }],
    ['a cookie, though it is public', { 'set-cookie': 'a=1', 'cache-control': 'public, max-age=60' }],
    ['a part', { 'content-range': 'bytes 0-1/2' }],
    ['Vary: *', { vary: 'accept, *' }],
    ['more headers than can be told apart', { vary: 'a,b,c,d,e,f,g,h,i' }],
  ])('%s', (_name, headers) => {
    expect(judge({ ...cc('max-age=60'), ...headers })).toBeUndefined();
  });

  it.each([206, 500, 502, 503, 504, 429, 401, 403, 409])('a %i', (status) => {
    expect(judge(cc('max-age=60'), { status })).toBeUndefined();
  });

  it('what a client wants nobody to keep', () => {
    expect(judge(cc('max-age=60'), { request: { 'cache-control': 'No-Store' } })).toBeUndefined();
  });

  it.each([
    ['max-age=60', undefined],
    ['max-age=60, public', 60],
    ['s-maxage=60', 60],
    ['max-age=60, must-revalidate', 60],
  ])('an answer to a request with Authorization, unless it allows that (§3.5): %s', (value, seconds) => {
    const request = { authorization: 'Bearer geheim' };

    expect(keptSeconds(cc(value), { request })).toBe(seconds);
    expect(JSON.stringify(judge(cc(value), { request })) ?? '').not.toContain('geheim');
    expect(judge({}, { request, settings: { ttlMs: 1000 } })).toBeUndefined();
  });
});

describe('same GETs: the age of an answer (RFC 9111 §4.2.3)', () => {
  const ageOf = (headers: HeaderRecord, underWayMs = 0): string | undefined => {
    const head = { status: 200, headers: Object.entries({ ...cc('max-age=600'), ...headers }).flat() };
    return toKeepable({}, { ...head, askedAtMs: clock.now() - underWayMs }, plain)?.policy.resh.age as string;
  };

  it('counts what caches before said, the time under way, and its date', () => {
    expect(ageOf({})).toBe('0');
    expect(ageOf({ age: '7' })).toBe('7');
    expect(ageOf({ age: '7' }, 3000)).toBe('10');
    expect(ageOf({ date: new Date(clock.now() - 20_000).toUTCString() })).toBe('19');
    expect(ageOf({ date: new Date(clock.now() + 20_000).toUTCString(), age: 'old' })).toBe('0');
  });

  it('is stale at once when it has grown old on its way', () => {
    expect(keptSeconds({ ...cc('max-age=60'), age: '45' })).toBe(15);
    expect(judge({ ...cc('max-age=60'), age: '60' })).toBeUndefined();
  });
});

describe('same GETs: stale-if-error (RFC 5861)', () => {
  const settings = { staleIfErrorMs: 30_000 };

  it.each([
    ['max-age=10, stale-if-error=20', 20_000],
    ['max-age=10', 30_000],
    ['max-age=10, stale-if-error=0', 0],
    ['s-maxage=10', 0],
    ['s-maxage=10, stale-if-error=20', 20_000],
    ['max-age=10, must-revalidate, stale-if-error=20', 0],
    ['max-age=10, proxy-revalidate', 0],
  ])('%s', (value, standInMs) => {
    expect(judge(cc(value), { settings })).toMatchObject({
      standInMs,
      keepUntilMs: clock.now() + 10_000 + standInMs,
    });
  });
});
