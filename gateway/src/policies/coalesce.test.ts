import { createManualClock } from '@gatehouse/testing';
import { describe, expect, it } from 'vitest';
import { type Arrived, createScene, reply, type Script } from '../cache/policy-fixture.ts';
import { gatewayError } from '../gateway-error.ts';
import { coalesce } from './coalesce.ts';
import { createFlights } from './coalesce-flights.ts';

/** A service that answers when the test says so. */
const setUp = (script: Script = () => {}, maxFollowers = 1000) => {
  const clock = createManualClock();
  const flights = createFlights({ maxFollowers, maxBytes: 1000, maxTotalBytes: 2000 });
  let spared = 0;
  const policy = coalesce({
    ...{ route: 'r', vary: [], flights, clock },
    onCollapsed: () => {
      spared += 1;
    },
  });
  const scene = createScene(() => policy, script, clock);
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  return { ...scene, flights, settle, spared: () => spared };
};

const at = (arrived: readonly Arrived[], index: number): Arrived => arrived[index] as Arrived;

describe('same GETs: identical anonymous GETs in flight are sent once', () => {
  it('all get the one answer, each with its own headers of the gateway', async () => {
    const { send, arrived, settle, spared, flights } = setUp();
    const clients = [send(), send(), send()];
    expect(arrived).toHaveLength(1);
    reply(at(arrived, 0), 'same', { 'content-type': 'text/plain', age: '3' });
    await settle();

    expect(clients.map(({ got }) => [got.status, got.body, got.state])).toEqual([
      ...[200, 200, 200].map((status) => [status, 'same', 'whole']),
    ]);
    const [first, second, third] = clients.map(({ got }) => got.headers);
    expect(second).toMatchObject({
      ...{ 'content-type': 'text/plain', age: '3', 'content-length': '4' },
      'cache-status': 'gatehouse; fwd=uri-miss; collapsed',
    });
    expect(new Set([first, second, third].map((headers) => headers?.['x-request-id'])).size).toBe(3);
    expect([spared(), flights.report().flights]).toEqual([2, 0]);
  });

  it.each([
    ['of another URI', { url: '/a?x' }],
    ['of another host', { host: 'b.example' }],
    ['of somebody', { as: 'ada', headers: { authorization: 'Bearer ada' } }],
    ['with a token that nobody looked at', { headers: { authorization: 'Bearer x' } }],
    ['with a cookie', { headers: { cookie: 'a=1' } }],
    ['with a condition', { headers: { 'if-none-match': '"1"' } }],
    ['with a wish about caching', { headers: { 'cache-control': 'no-cache' } }],
    ['for a part', { headers: { range: 'bytes=0-1' } }],
    ['by another method', { method: 'HEAD' }],
  ])('one %s does not wait', (_name, asked) => {
    const { send, arrived } = setUp();
    send();
    send(asked as never);

    expect(arrived).toHaveLength(2);
  });

  it.each([
    ['sets a cookie', { 'set-cookie': 'a=1' }, 200],
    ['is private', { 'cache-control': 'private' }, 200],
    ['must not be stored', { 'cache-control': 'No-Store' }, 200],
    ['must be confirmed each time', { 'cache-control': 'no-cache' }, 200],
    ['depends on more than can be told', { vary: '*' }, 200],
    ['is a stream', { 'content-type': 'text/event-stream' }, 200],
    ['is a failure', {}, 503],
    ['is a refusal', {}, 429],
    ['is a part', {}, 206],
  ])('an answer that %s is not shared: the others ask for themselves', async (_name, headers, status) => {
    const { send, arrived, settle } = setUp();
    const [first, second] = [send(), send()];
    reply(at(arrived, 0), 'for one', headers as never, status);
    await settle();
    expect(arrived).toHaveLength(2);
    reply(at(arrived, 1), 'for another');
    await settle();

    expect([first.got.body, second.got.body]).toEqual(['for one', 'for another']);
  });

  it('an answer that depends on a header is shared by those with its value', async () => {
    const { send, arrived, settle } = setUp();
    const clients = ['de', 'de', 'en'].map((language) => send({ headers: { 'accept-language': language } }));
    reply(at(arrived, 0), 'Hallo', { vary: 'Accept-Language' });
    await settle();
    reply(at(arrived, 1), 'Hello', { vary: 'Accept-Language' });
    await settle();

    expect(clients.map(({ got }) => got.body)).toEqual(['Hallo', 'Hallo', 'Hello']);
  });

  it.each([
    [
      'at once',
      () => {
        throw gatewayError('overloaded');
      },
    ],
    [
      'later',
      async () => {
        throw gatewayError('overloaded');
      },
    ],
  ] as [string, Script][])(
    'an error is not multiplied: each asks once more, by itself (%s)',
    async (_name, fail) => {
      let failed = 0;
      let release = (): void => {};
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      const { send, arrived, settle } = setUp(async (one) => {
        failed += 1;
        if (failed === 1) await held;
        return fail(one);
      });
      const clients = [send(), send(), send()];
      release();
      await settle();
      await settle();

      expect(clients.map(({ got }) => got.code)).toEqual(['overloaded', 'overloaded', 'overloaded']);
      expect(arrived).toHaveLength(3);
    },
  );
});

describe('same GETs: whoever waits for another', () => {
  it('is sent in its place when it hangs up', async () => {
    const { send, arrived, settle } = setUp();
    const [first, second, third] = [send(), send(), send()];
    first?.hangUp();
    await settle();
    expect(arrived).toHaveLength(2);
    reply(at(arrived, 1), 'after all');
    await settle();

    expect([second?.got.body, third?.got.body]).toEqual(['after all', 'after all']);
  });

  it('waits until its own deadline and no longer', async () => {
    const { send, arrived, clock, settle } = setUp();
    const first = send();
    await clock.advance(10_000);
    const second = send();
    await clock.advance(14_999);
    expect(second.got.state).toBe('waiting');
    await clock.advance(1);
    expect(second.got).toMatchObject({ state: 'refused', code: 'gateway_timeout' });

    reply(at(arrived, 0), 'late');
    await settle();
    expect(first.got.body).toBe('late');
    expect(second.got.body).toBe('');
  });

  it('may hang up without anybody noticing', async () => {
    const { send, arrived, settle, flights, clock } = setUp();
    const [first, second, third] = [send(), send(), send()];
    second.hangUp();
    reply(at(arrived, 0), 'x');
    await settle();

    expect([first.got.body, second.got.body, third.got.body]).toEqual(['x', '', 'x']);
    expect([flights.report().followers, clock.pending()]).toEqual([0, 0]);
  });

  it('is one of so many; who comes after them asks', () => {
    const { send, arrived } = setUp(() => {}, 2);
    for (let index = 0; index < 5; index += 1) send();

    expect(arrived).toHaveLength(3);
  });

  it('asks when the answer grows too large to be kept for it', async () => {
    const { send, arrived, settle } = setUp();
    const [first] = [send(), send()];
    reply(at(arrived, 0), 'x'.repeat(1001));
    await settle();

    expect(first?.got.body).toHaveLength(1001);
    expect(arrived).toHaveLength(2);
  });
});
