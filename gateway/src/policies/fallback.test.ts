import { createManualClock } from '@gatehouse/testing';
import { describe, expect, it } from 'vitest';
import { createScene, reply, type Script } from '../cache/policy-fixture.ts';
import { gatewayError } from '../gateway-error.ts';
import { type FallbackTarget, fallback } from './fallback.ts';

const page: FallbackTarget = {
  kind: 'static',
  status: 200,
  body: '{"items":[]}',
  contentType: 'application/json',
};

const setUp = (script: Script, target: FallbackTarget = page, waits = false) => {
  const clock = createManualClock();
  const counted: string[] = [];
  const policy = fallback(target, {
    ...{ clock, waits },
    onFallback: (kind) => counted.push(kind),
  });
  return { ...createScene(() => policy, script, clock), counted };
};

const refusal = (code: Parameters<typeof gatewayError>[0] | 'circuit_open') =>
  Object.assign(gatewayError(code === 'circuit_open' ? 'overloaded' : code), { code });
const failing =
  (code: Parameters<typeof refusal>[0]): Script =>
  () => {
    throw refusal(code);
  };
const failingLater =
  (code: Parameters<typeof refusal>[0]): Script =>
  async () => {
    throw refusal(code);
  };

describe('breaker: fallback by route to a static answer', () => {
  it.each([
    ['the breaker is open', failing('circuit_open'), 'circuit_open'],
    ['there is no instance', failing('service_unavailable'), 'service_unavailable'],
    ['there is too much to do', failing('overloaded'), 'overloaded'],
    ['all tries failed', failingLater('bad_gateway'), 'bad_gateway'],
    ['the time was over', failingLater('gateway_timeout'), 'gateway_timeout'],
    ['the last try was a 503', (one) => reply(one, 'sorry', {}, 503), 'bad_gateway'],
    ['the last try was a 502', (one) => reply(one, 'sorry', {}, 502), 'bad_gateway'],
  ] as [string, Script, string][])('when %s', async (_name, script, code) => {
    const { send, ask, counted } = setUp(script);
    const got = await ask();

    expect(got).toMatchObject({
      ...{ status: 200, body: '{"items":[]}', state: 'whole' },
      headers: {
        ...{ 'content-type': 'application/json', 'content-length': '12', 'cache-control': 'no-store' },
        'x-gatehouse-fallback': 'static',
      },
    });
    expect(counted).toEqual(['static']);
    const { exchange } = send({ method: 'HEAD' });
    await new Promise((resolve) => setImmediate(resolve));
    expect(exchange.errorCode).toBe(code);
  });

  it.each([
    ['an answer', (one) => reply(one, 'fine'), { status: 200, body: 'fine' }],
    ['an error of its own', (one) => reply(one, 'no', {}, 500), { status: 500, body: 'no' }],
    ['a 404', (one) => reply(one, 'none', {}, 404), { status: 404 }],
    ['a refusal that is no failure', failing('rate_limited'), { state: 'refused', code: 'rate_limited' }],
  ] as [string, Script, object][])('not for %s', async (_name, script, expected) => {
    const { ask, counted } = setUp(script);
    const got = await ask();

    expect(got).toMatchObject(expected);
    expect(got.headers['x-gatehouse-fallback']).toBeUndefined();
    expect(counted).toEqual([]);
  });

  it('not for the 503 of a route that waits: that is an answer', async () => {
    const { ask } = setUp((one) => reply(one, 'not yet', {}, 503), page, true);

    expect(await ask()).toMatchObject({ status: 503, body: 'not yet' });
  });

  it('not once the client has a byte', async () => {
    const { ask } = setUp(async ({ exchange }) => {
      exchange.response.writeHead(200);
      exchange.response.flushHeaders();
      throw refusal('bad_gateway');
    });

    expect(await ask()).toMatchObject({ state: 'refused', code: 'bad_gateway' });
  });

  it('an answer that breaks off stays broken off', async () => {
    const { ask } = setUp(({ exchange }) => {
      exchange.sink?.head(200, []);
      exchange.sink?.data(Buffer.from('half'));
      exchange.sink?.breakOff();
    });

    expect(await ask()).toMatchObject({ body: 'half', state: 'broken' });
  });
});

describe('breaker: fallback by route to another service', () => {
  const other = (script: Script): FallbackTarget => ({
    ...{ kind: 'service', service: 'spare' },
    forward: (exchange) => script({ exchange, asked: {}, url: '' }),
  });
  const spare = other((one) => reply(one, 'from the spare'));

  it.each([
    ['refused here', failing('circuit_open')],
    ['failed', failingLater('bad_gateway')],
    ['answered with a 503', (one) => reply(one, 'sorry', {}, 503)],
  ] as [string, Script][])('takes a request that was %s', async (_name, script) => {
    const { ask, counted } = setUp(script, spare);

    expect(await ask()).toMatchObject({
      ...{ status: 200, body: 'from the spare', state: 'whole' },
      headers: { 'x-gatehouse-fallback': 'spare' },
    });
    expect(counted).toEqual(['service']);
  });

  it('begins anew there: tries are counted from none', async () => {
    let seen: unknown;
    const target = other((one) => {
      seen = [one.exchange.attempts, one.exchange.tried];
      reply(one, 'x');
    });
    const { ask } = setUp(async ({ exchange }) => {
      exchange.attempts = 3;
      exchange.tried = ['a', 'b'];
      throw refusal('bad_gateway');
    }, target);
    await ask();

    expect(seen).toEqual([0, undefined]);
  });

  it('gets what may have been done already only if it may be done twice', async () => {
    const bodyOf = async (method: string, script: Script) =>
      (await setUp(script, spare).ask({ method })).body;

    expect(await bodyOf('POST', failing('circuit_open'))).toBe('from the spare');
    expect(await bodyOf('POST', failing('service_unavailable'))).toBe('from the spare');
    expect(await bodyOf('POST', failingLater('bad_gateway'))).toBe('');
    expect(await bodyOf('POST', (one) => reply(one, 'sorry', {}, 503))).toBe('sorry');
    expect(await bodyOf('PUT', failingLater('bad_gateway'))).toBe('from the spare');
  });

  it('is not asked when the time is over', async () => {
    const { ask } = setUp(async ({ exchange }) => {
      exchange.endsAtMs = 0;
      throw refusal('gateway_timeout');
    }, spare);

    expect(await ask()).toMatchObject({ state: 'refused', code: 'gateway_timeout' });
  });

  it('that fails as well is not fallen back from: no loops', async () => {
    let asked = 0;
    const broken = other(() => {
      asked += 1;
      throw refusal('service_unavailable');
    });
    const { ask, counted } = setUp(failing('circuit_open'), broken);

    expect(await ask()).toMatchObject({ state: 'refused', code: 'service_unavailable' });
    expect([asked, counted]).toEqual([1, ['service']]);
  });
});
