import { createManualClock } from '@gatehouse/testing';
import { describe, expect, it } from 'vitest';
import { type Found, nothingFound } from './cache-store.ts';
import { createMemoryStore } from './memory-store.ts';
import { reply } from './policy-fixture.ts';
import { counting, minute, setUp } from './response-cache-fixture.ts';

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
