import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HeaderRecord } from './header-record.ts';
import { reply, type Script } from './policy-fixture.ts';
import { counting, minute, setUp } from './response-cache-fixture.ts';

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
