import { describe, expect, it } from 'vitest';
import { gatewayError } from '../gateway-error.ts';
import { reply, type Script } from './policy-fixture.ts';
import { minute, setUp } from './response-cache-fixture.ts';

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
