import { createManualClock } from '@gatehouse/testing';
import { describe, expect, it } from 'vitest';
import type { HeaderRecord } from './header-record.ts';
import { createCacheRules, validatorsOf } from './reuse-rules.ts';
import type { StoredAnswer } from './stored-answer.ts';

const settings = { ttlMs: undefined, staleIfErrorMs: 30_000, vary: [] };

const setUp = (cacheControl: string, more: HeaderRecord = {}) => {
  const clock = createManualClock();
  const rules = createCacheRules(clock);
  const headers = Object.entries({ 'cache-control': cacheControl, ...more }).flat();
  const head = { status: 200, headers, askedAtMs: clock.now() };
  const stored: StoredAnswer = { ...must(rules.toKeepable({}, head, settings)), body: Buffer.from('x') };
  const ask = (cc?: string, at = stored) => rules.reuse(at, cc === undefined ? {} : { 'cache-control': cc });
  return { clock, rules, stored, ask };
};

const must = <T>(value: T | undefined): T => {
  if (value === undefined) throw new Error('This was to be kept.');
  return value;
};

describe('same GETs: when a stored answer is used (RFC 9111 §4)', () => {
  it('while it is fresh; then it is stale', async () => {
    const { clock, ask } = setUp('max-age=60');
    await clock.advance(59_999);
    expect(ask()).toEqual({ verdict: 'use', ageSeconds: 59, freshForMs: 1 });

    await clock.advance(1);
    expect(ask()).toEqual({ verdict: 'stale', ageSeconds: 60, freshForMs: 0 });
  });

  it('must-revalidate is fresh like any other until then', async () => {
    const { clock, ask } = setUp('max-age=60, must-revalidate');
    expect(ask()).toMatchObject({ verdict: 'use' });

    await clock.advance(60_000);
    expect(ask('max-stale')).toMatchObject({ verdict: 'stale' });
  });

  it.each([
    [undefined, 'use'],
    ['no-cache', 'refused'],
    ['No-Cache', 'refused'],
    ['max-age=29', 'refused'],
    ['max-age=30', 'use'],
    ['max-age="0"', 'refused'],
    ['min-fresh=30', 'use'],
    ['min-fresh=31', 'refused'],
    ['only-if-cached', 'use'],
  ])('fresh, by the client’s own Cache-Control: %s', async (cc, verdict) => {
    const { clock, ask } = setUp('max-age=60');
    await clock.advance(30_000);

    expect(ask(cc)).toMatchObject({ verdict });
  });

  it('Pragma: no-cache counts only without Cache-Control', () => {
    const { rules, stored } = setUp('max-age=60');

    expect(rules.reuse(stored, { pragma: 'no-cache' })).toMatchObject({ verdict: 'refused' });
    expect(rules.reuse(stored, { pragma: 'no-cache', 'cache-control': 'max-age=9' })).toMatchObject({
      verdict: 'use',
    });
  });

  it.each([
    [undefined, 'stale'],
    ['max-stale', 'use'],
    ['max-stale=11', 'use'],
    ['max-stale=9', 'stale'],
  ])('stale, by what the client takes: %s', async (cc, verdict) => {
    const { clock, ask } = setUp('max-age=60');
    await clock.advance(70_000);

    expect(ask(cc)).toMatchObject({ verdict });
  });

  it('the wall clock set back makes nothing older than it is, nor younger than new', () => {
    const { clock, ask } = setUp('max-age=60');
    clock.setWallClock(clock.now() - 300_000);

    expect(ask()).toMatchObject({ verdict: 'use', ageSeconds: 0 });
  });
});

describe('same GETs: a stale answer that stands in', () => {
  it('does so within its time, and not for a client that wants it anew', async () => {
    const { clock, rules, stored, ask } = setUp('max-age=60');
    await clock.advance(89_999);
    expect(rules.mayStandIn(stored, ask(), {})).toBe(true);
    expect(rules.mayStandIn(stored, ask('no-cache'), { 'cache-control': 'no-cache' })).toBe(false);

    await clock.advance(1);
    expect(rules.mayStandIn(stored, ask(), {})).toBe(false);
  });

  it.each(['must-revalidate', 'proxy-revalidate'])('never with %s', async (directive) => {
    const { clock, rules, stored, ask } = setUp(`max-age=60, stale-if-error=99, ${directive}`, {
      etag: '"1"',
    });
    await clock.advance(61_000);

    expect(rules.mayStandIn(stored, ask(), {})).toBe(false);
  });
});

describe('same GETs: an answer that the service confirms (304)', () => {
  const confirmed = (headers: HeaderRecord) => {
    const made = setUp('max-age=60', {
      etag: '"1"',
      'content-type': 'text/plain',
      'x-a': 'old',
      'x-b': 'stays',
    });
    const head = () => ({
      status: 304,
      headers: Object.entries(headers).flat(),
      askedAtMs: made.clock.now(),
    });
    return { ...made, confirm: () => made.rules.confirm(made.stored, {}, head(), settings) };
  };

  it('is asked for by its own validators', () => {
    const modified = 'Thu, 01 Jan 2026 00:00:00 GMT';

    expect(validatorsOf(setUp('max-age=1', { etag: 'W/"1"', 'last-modified': modified }).stored)).toEqual([
      ...['if-none-match', 'W/"1"', 'if-modified-since', modified],
    ]);
    expect(validatorsOf(setUp('max-age=1').stored)).toEqual([]);
  });

  it('is fresh again, with what is new in its headers, and its own body', async () => {
    const { clock, rules, confirm } = confirmed({
      ...{ etag: '"1"', 'cache-control': 'max-age=5', 'x-a': 'new', 'x-c': 'more' },
      ...{ 'content-length': '0', 'content-type': 'wrong/type' },
    });
    await clock.advance(61_000);
    const again = must(confirm());

    expect(rules.reuse(again, {})).toMatchObject({ verdict: 'use' });
    expect(Object.fromEntries(pairs(again.headers))).toEqual({
      ...{ 'content-type': 'text/plain', 'x-b': 'stays', etag: '"1"' },
      ...{ 'cache-control': 'max-age=5', 'x-a': 'new', 'x-c': 'more' },
    });
    expect(again.body.toString()).toBe('x');
  });

  it.each([
    ['another tag', { etag: '"2"' }],
    ['no more keeping', { etag: '"1"', 'cache-control': 'no-store' }],
    ['a cookie', { etag: '"1"', 'set-cookie': 'a=1' }],
  ])('is not when it comes with %s', (_name, headers) => {
    expect(confirmed(headers as unknown as HeaderRecord).confirm()).toBeUndefined();
  });
});

const pairs = (list: readonly string[]): [string, string][] =>
  list.flatMap((name, index) => (index % 2 === 0 ? [[name, list[index + 1] ?? '']] : [])) as [
    string,
    string,
  ][];
