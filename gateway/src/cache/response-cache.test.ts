import { createManualClock } from '@gatehouse/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gatewayError } from '../gateway-error.ts';
import { compose } from '../policy.ts';
import { type CacheStore, type Found, nothingFound } from './cache-store.ts';
import { forgetOnWrite } from './forget-on-write.ts';
import type { HeaderRecord } from './header-record.ts';
import type { CacheOutcome } from './kept-answer-sink.ts';
import { createMemoryStore } from './memory-store.ts';
import { createScene, reply, type Script } from './policy-fixture.ts';
import { responseCache } from './response-cache.ts';
import { createCacheRules } from './reuse-rules.ts';

const minute = { 'cache-control': 'max-age=60' };

type Settings = Readonly<{ ttlMs?: number; staleIfErrorMs?: number; vary?: string[] }>;

const setUp = (script: Script, settings: Settings = {}, given?: CacheStore) => {
  const clock = createManualClock();
  const store = given ?? createMemoryStore({ clock, maxBytes: () => 1_000_000 });
  const outcomes: CacheOutcome[] = [];
  const cache = responseCache({
    ...{ store, rules: createCacheRules(clock), now: clock.now, route: 'r' },
    count: (outcome) => outcomes.push(outcome),
    settings: { ttlMs: undefined, staleIfErrorMs: 0, vary: [], maxBytes: 1000, ...settings },
  });
  const policy = compose(forgetOnWrite(store), cache);
  return { ...createScene(() => policy, script, clock), store, outcomes };
};

/** Counts its answers, so that a test sees which one it got. */
const counting = (headers: HeaderRecord = minute, status = 200): Script => {
  let count = 0;
  return (arrived) => {
    count += 1;
    reply(arrived, `${count}`, headers, status);
  };
};

describe('same GETs: the response cache', () => {
  it('asks once for what is fresh, and says how old it is', async () => {
    const { ask, arrived, clock, outcomes } = setUp(
      counting({ ...minute, 'content-length': '1', 'x-a': 'b' }),
    );
    const first = await ask();
    await clock.advance(30_000);
    const second = await ask();

    expect(arrived).toHaveLength(1);
    expect(first.headers['cache-status']).toBe('gatehouse; fwd=uri-miss; stored');
    expect(second).toMatchObject({
      ...{ status: 200, body: '1', state: 'whole' },
      headers: { age: '30', 'x-a': 'b', 'content-length': '1', 'cache-status': 'gatehouse; hit; ttl=30' },
    });
    expect(outcomes).toEqual(['miss', 'hit']);
  });

  it('gives each request its own headers of the gateway, not those of then', async () => {
    const { ask } = setUp(counting());
    const [first, second] = [await ask(), await ask()];

    expect(second.body).toBe('1');
    expect(second.headers['x-request-id']).not.toBe(first.headers['x-request-id']);
    expect(second.headers['x-request-id']).not.toContain(',');
  });

  it('answers HEAD from a GET, with its length', async () => {
    const { ask, arrived } = setUp(counting());
    await ask();
    const head = await ask({ method: 'HEAD' });

    expect(head).toMatchObject({ status: 200, body: '', headers: { 'content-length': '1' } });
    expect(arrived).toHaveLength(1);
  });

  it('keeps nothing of a HEAD', async () => {
    const { ask, arrived } = setUp(counting());
    await ask({ method: 'HEAD' });
    await ask();

    expect(arrived).toHaveLength(2);
  });

  it('tells answers apart by Vary', async () => {
    const { ask, arrived } = setUp((one) =>
      reply(one, one.asked['accept-language'] ?? '-', { ...minute, vary: 'Accept-Language' }),
    );
    const inLanguage = (language: string) => ask({ headers: { 'accept-language': language } });
    await inLanguage('de');
    const miss = await inLanguage('en');

    expect(miss).toMatchObject({ body: 'en', headers: { 'cache-status': 'gatehouse; fwd=vary-miss' } });
    expect([(await inLanguage('de')).body, (await inLanguage('en')).body]).toEqual(['de', 'en']);
    expect(arrived).toHaveLength(2);
  });

  it('tells answers apart by the headers that the route names', async () => {
    const { ask } = setUp((one) => reply(one, one.asked['x-tenant'] ?? '-', minute), { vary: ['x-tenant'] });
    const bodies = [];
    for (const tenant of ['a', 'b', 'a']) bodies.push((await ask({ headers: { 'x-tenant': tenant } })).body);

    expect(bodies).toEqual(['a', 'b', 'a']);
  });

  it.each([
    ['Set-Cookie', { 'set-cookie': 'a=1' }, 200],
    ['private', { 'cache-control': 'private, max-age=60' }, 200],
    ['no-store', { 'cache-control': 'no-store' }, 200],
    ['a part', {}, 206],
    ['nothing about time', { 'cache-control': 'public' }, 200],
    ['an error', {}, 500],
    ['a length that it does not have', { 'content-length': '2' }, 200],
    ['a length above the bound', { 'content-length': '1001' }, 200],
  ])('keeps no answer with %s', async (_name, headers, status) => {
    const { ask, arrived } = setUp(counting({ ...minute, ...headers }, status));
    await ask();
    expect(await ask()).toMatchObject({ status, body: '2' });

    expect(arrived).toHaveLength(2);
  });

  it('keeps no answer that turns out too large, or breaks off', async () => {
    const { ask, arrived } = setUp((one) => {
      if (one.url === '/large') reply(one, 'x'.repeat(1001), minute);
      else {
        one.exchange.sink?.head(200, Object.entries(minute).flat());
        one.exchange.sink?.data(Buffer.from('half'));
        one.exchange.sink?.breakOff();
      }
    });
    expect((await ask({ url: '/large' })).body).toHaveLength(1001);
    expect(await ask({ url: '/half' })).toMatchObject({ state: 'broken', body: 'half' });
    await ask({ url: '/large' });
    await ask({ url: '/half' });

    expect(arrived).toHaveLength(4);
  });

  it('lets what it cannot tell apart pass, and says so', async () => {
    const { ask, arrived, outcomes } = setUp(counting());
    for (const headers of [{ cookie: 'a=1' }, { authorization: 'Bearer x' }, { range: 'bytes=0-1' }]) {
      expect((await ask({ headers })).headers['cache-status']).toBe('gatehouse; fwd=bypass');
    }
    expect(arrived).toHaveLength(3);
    expect(outcomes).toEqual(['bypass', 'bypass', 'bypass']);
  });

  it('answers only-if-cached from the store, or with 504', async () => {
    const { ask, arrived } = setUp(counting());
    const onlyCached = () => ask({ headers: { 'cache-control': 'only-if-cached' } });
    expect(await onlyCached()).toMatchObject({ state: 'refused', code: 'gateway_timeout' });
    await ask();

    expect(await onlyCached()).toMatchObject({ status: 200, body: '1' });
    expect(arrived).toHaveLength(1);
  });

  it('asks when the client wants it anew, and keeps that answer', async () => {
    const { ask } = setUp(counting());
    await ask();
    const anew = await ask({ headers: { 'cache-control': 'no-cache' } });

    expect(anew).toMatchObject({ body: '2', headers: { 'cache-status': 'gatehouse; fwd=request' } });
    expect((await ask()).body).toBe('2');
  });

  it('asks for nobody who hung up while the store was asked', async () => {
    const clock = createManualClock();
    const found = Promise.withResolvers<Found>();
    const store = { ...createMemoryStore({ clock, maxBytes: () => 1000 }), find: () => found.promise };
    const { send, arrived } = setUp(counting(), {}, store);
    const { hangUp } = send();
    hangUp();
    found.resolve(nothingFound);
    await new Promise((resolve) => setImmediate(resolve));

    expect(arrived).toHaveLength(0);
  });

  it('keeps nothing while the store can keep nothing', async () => {
    const clock = createManualClock();
    const store = { ...createMemoryStore({ clock, maxBytes: () => 1000 }), find: async () => nothingFound };
    const { ask, arrived } = setUp(counting(), {}, store);
    await ask();

    expect(await ask()).toMatchObject({ status: 200, body: '2' });
    expect(arrived).toHaveLength(2);
  });
});

describe('same GETs: conditions of clients', () => {
  it('are answered with 304 from the store', async () => {
    const { ask, arrived } = setUp(
      counting({ ...minute, etag: '"1"', 'content-type': 'text/plain', vary: 'x' }),
    );
    await ask();
    const known = await ask({ headers: { 'if-none-match': '"0", "1"' } });

    expect(known).toMatchObject({ status: 304, body: '', state: 'whole' });
    expect(known.headers).toMatchObject({ etag: '"1"', 'cache-control': 'max-age=60', vary: 'x', age: '0' });
    expect(known.headers['content-type']).toBeUndefined();
    expect((await ask({ headers: { 'if-none-match': '"0"' } })).status).toBe(200);
    expect(arrived).toHaveLength(1);
  });

  it('go to the service unchanged while nothing is stored, and its 304 comes back', async () => {
    const { ask, arrived } = setUp((one) => reply(one, '', { ...minute, etag: '"1"' }, 304));
    const known = await ask({ headers: { 'if-none-match': '"1"' } });
    await ask({ headers: { 'if-none-match': '"1"' } });

    expect(known.status).toBe(304);
    expect(arrived.map(({ asked }) => asked['if-none-match'])).toEqual(['"1"', '"1"']);
  });
});

describe('same GETs: ETag revalidation', () => {
  const script: Script = (one) => {
    if (one.asked['if-none-match'] === '"v1"') reply(one, '', { ...minute, etag: '"v1"', 'x-new': '1' }, 304);
    else reply(one, 'body', { ...minute, etag: '"v1"' });
  };

  it('asks whether the stale one still holds, and has it fresh again', async () => {
    const { ask, arrived, clock, outcomes } = setUp(script);
    await ask();
    await clock.advance(61_000);
    const confirmed = await ask();
    const hit = await ask();

    expect(arrived.map(({ asked }) => asked['if-none-match'])).toEqual([undefined, '"v1"']);
    expect(confirmed).toMatchObject({ status: 200, body: 'body', headers: { age: '0', 'x-new': '1' } });
    expect(confirmed.headers['cache-status']).toBe('gatehouse; fwd=stale; fwd-status=304; stored');
    expect(hit.headers['cache-status']).toBe('gatehouse; hit; ttl=60');
    expect(outcomes).toEqual(['miss', 'confirmed', 'hit']);
  });

  it('answers the client’s own condition by what was confirmed, and never passes on a 304 that was not for it', async () => {
    const { ask, arrived, clock } = setUp(script);
    await ask();
    await clock.advance(61_000);
    const another = await ask({ headers: { 'if-none-match': '"v0"', 'if-modified-since': 'x' } });
    await clock.advance(61_000);
    const same = await ask({ headers: { 'if-none-match': '"v1"' } });

    expect(another).toMatchObject({ status: 200, body: 'body' });
    expect(same.status).toBe(304);
    expect(arrived[1]?.asked).toEqual({ 'if-none-match': '"v1"' });
  });

  it('takes the new answer when there is one', async () => {
    let version = 1;
    const { ask, clock } = setUp((one) => reply(one, `v${version}`, { ...minute, etag: `"v${version}"` }));
    await ask();
    version = 2;
    await clock.advance(61_000);

    expect(await ask()).toMatchObject({ status: 200, body: 'v2' });
    expect(await ask()).toMatchObject({ body: 'v2', headers: { 'cache-status': 'gatehouse; hit; ttl=60' } });
  });
});

describe('same GETs: stale-if-error', () => {
  const failing = (fail: Script): Script & { broken: boolean } => {
    const script = Object.assign(
      (one: Parameters<Script>[0]) => (script.broken ? fail(one) : reply(one, 'good', minute)),
      { broken: false },
    );
    return script;
  };
  const thrown = (code: 'circuit_open' | 'bad_gateway' | 'rate_limited') => () => {
    throw code === 'circuit_open'
      ? Object.assign(gatewayError('overloaded'), { code: 'circuit_open' })
      : gatewayError(code);
  };

  it.each([
    [
      'a 503',
      (one) => reply(one, 'sorry', {}, 503),
      'gatehouse; fwd=stale; fwd-status=503; ttl=-5; detail=stale-if-error',
    ],
    [
      'a 500',
      (one) => reply(one, 'sorry', {}, 500),
      'gatehouse; fwd=stale; fwd-status=500; ttl=-5; detail=stale-if-error',
    ],
    ['all tries failed', thrown('bad_gateway'), 'gatehouse; fwd=stale; ttl=-5; detail=bad_gateway'],
    ['the breaker is open', thrown('circuit_open'), 'gatehouse; hit; ttl=-5; detail=circuit_open'],
    [
      'a failure that comes later',
      async () => thrown('bad_gateway')(),
      'gatehouse; fwd=stale; ttl=-5; detail=bad_gateway',
    ],
  ] as [string, Script, string][])(
    '%s: the stale answer stands in, with its age',
    async (_name, fail, status) => {
      const script = failing(fail);
      const { ask, clock, outcomes } = setUp(script, { staleIfErrorMs: 30_000 });
      await ask();
      script.broken = true;
      await clock.advance(65_000);

      expect(await ask()).toMatchObject({
        status: 200,
        body: 'good',
        headers: { age: '65', 'cache-status': status },
      });
      expect(outcomes).toEqual(['miss', 'stale']);
      await clock.advance(25_000);
      expect((await ask()).body).not.toBe('good');
    },
  );

  it.each([
    ['a 404', (one) => reply(one, 'none', {}, 404), 'none', undefined],
    ['a refusal of ours', thrown('rate_limited'), '', 'rate_limited'],
  ] as [string, Script, string, string | undefined][])(
    '%s is told as it is',
    async (_name, fail, body, code) => {
      const script = failing(fail);
      const { ask, clock } = setUp(script, { staleIfErrorMs: 30_000 });
      await ask();
      script.broken = true;
      await clock.advance(65_000);

      expect(await ask()).toMatchObject({ body, code });
    },
  );

  it('never for an answer that must be confirmed', async () => {
    const fail: Script = (one) => reply(one, 'sorry', {}, 503);
    let broken = false;
    const { ask, clock } = setUp(
      (one) =>
        broken
          ? fail(one)
          : reply(one, 'good', { 'cache-control': 'max-age=60, must-revalidate', etag: '"1"' }),
      { staleIfErrorMs: 30_000 },
    );
    await ask();
    broken = true;
    await clock.advance(65_000);

    expect(await ask()).toMatchObject({ status: 503, body: 'sorry' });
  });
});

describe('same GETs: a write drops what is stored (RFC 9111 §4.4)', () => {
  const script = (status = 200, headers: HeaderRecord = {}): Script => {
    const read = counting();
    return (one) => (one.exchange.method === 'GET' ? read(one) : reply(one, 'done', headers, status));
  };

  it.each([
    [200, '2'],
    [204, '2'],
    [303, '2'],
    [500, '2'],
    [404, '1'],
    [409, '1'],
  ])('answered with %i', async (status, after) => {
    const { ask } = setUp(script(status));
    await ask();
    await ask({ method: 'PUT' });

    expect((await ask()).body).toBe(after);
  });

  it('of every query and every caller of its path, and of the paths that its answer names', async () => {
    const { ask } = setUp(script(201, { location: '/b', 'content-location': 'http://other.example/c' }));
    const shared = { headers: { authorization: 'x' } };
    const urls = [{ url: '/a?page=2' }, { url: '/a' }, { url: '/b' }, { url: '/c' }];
    for (const url of urls) await ask(url);
    await ask({ method: 'POST', ...shared, as: 'ada' });
    const after = [];
    for (const url of urls) after.push((await ask(url)).body);

    expect(after).toEqual(['5', '6', '7', '4']);
  });

  it('a read that was under way meanwhile is not kept', async () => {
    let read = (): void => {};
    const { ask, send } = setUp((one) => {
      if (one.exchange.method === 'POST') reply(one, 'done');
      else if (one.exchange.query === '?slow') read = () => reply(one, 'old', minute);
      else reply(one, 'new', minute);
    });
    const slow = send({ url: '/a?slow' });
    await ask({ method: 'POST', url: '/a' });
    read();
    expect(slow.got.body).toBe('old');
    const again = send({ url: '/a?slow' });
    expect(again.got.state).toBe('waiting');
    read();

    expect(again.got.headers['cache-status']).toContain('fwd=uri-miss');
  });
});

describe('same GETs: identity is part of every key', () => {
  it('nobody is ever given another’s answer, whatever is asked (property)', async () => {
    const request = fc.record({
      as: fc.option(fc.constantFrom('ada', 'bob', 'anonymous'), { nil: undefined }),
      url: fc.constantFrom('/a', '/a?x', '/a?x=1', '/b', '/a/b'),
      host: fc.constantFrom('a.example', 'b.example'),
      method: fc.constantFrom('GET', 'GET', 'GET', 'HEAD'),
      language: fc.constantFrom('de', 'en'),
      tenant: fc.constantFrom('t1', 't2'),
      waitMs: fc.nat(40_000),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(request, { maxLength: 40 }), async (requests) => {
        const tell = (
          as: string | undefined,
          host: string | undefined,
          url: string,
          headers: HeaderRecord,
        ): string => JSON.stringify([as ?? null, host, url, headers['accept-language'], headers['x-tenant']]);
        const { ask, clock, arrived } = setUp(
          (one) =>
            reply(one, tell(one.exchange.principal?.id, one.exchange.message.host, one.url, one.asked), {
              'cache-control': 'public, max-age=60',
              vary: 'accept-language',
            }),
          { vary: ['x-tenant'] },
        );
        for (const { as, url, host, method, language, tenant, waitMs } of requests) {
          await clock.advance(waitMs);
          const headers = {
            ...{ 'accept-language': language, 'x-tenant': tenant },
            ...(as === undefined ? {} : { authorization: `Bearer ${as}` }),
          };
          const got = await ask({ url, host, method, headers, ...(as === undefined ? {} : { as }) });
          if (method === 'GET') expect(got.body).toBe(tell(as, host, url, headers));
        }
        expect(arrived.length).toBeLessThanOrEqual(requests.length);
      }),
      { numRuns: 60 },
    );
  });
});
