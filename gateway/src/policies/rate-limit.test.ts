import { createManualClock } from '@gatehouse/testing';
import { describe, expect, it } from 'vitest';
import { sendRaw } from '../fixture/raw-request.ts';
import { startTestGateway } from '../fixture/start-test-gateway.ts';

const config = `
routes:
  - { path: /api/shared/a, service: posts, auth: optional, rateLimit: { name: both, limit: 3, window: 60s } }
  - { path: /api/shared/b, service: posts, auth: optional, rateLimit: { name: both, limit: 3, window: 60s } }
  - { name: by-ip, path: /api/ip, service: posts, auth: optional, rateLimit: { limit: 2, window: 60s, by: ip } }
  - name: by-header
    path: /api/header
    service: posts
    auth: none
    rateLimit: { limit: 2, window: 60s, by: header, header: X-Tenant }
  - { name: by-key, path: /api/key, service: posts, rateLimit: { limit: 2, window: 60s, by: api-key } }
  - { name: by-route, path: /api/all, service: posts, auth: optional, rateLimit: { limit: 2, window: 60s, by: route } }
  - name: by-secret
    path: /api/secret
    service: posts
    auth: none
    rateLimit: { limit: 2, window: 60s, by: header, header: X-Api-Key }
  - { path: /api/default, service: posts, auth: none }
`;

/** Time stands still, so nothing is refilled while requests are on their way. */
const start = (factor = 1) =>
  startTestGateway({ config, clock: createManualClock(), rateLimitFactor: factor });

const call = (url: string, headers: Record<string, string> = {}) => fetch(url, { headers });
const as = (token: string) => ({ authorization: `Bearer ${token}` });

describe('a limited route', () => {
  it('says what is left, and refuses when nothing is', async () => {
    const { url, upstream } = await start();
    const answers = [];
    for (let index = 0; index < 4; index += 1) answers.push(await call(`${url}/api/shared/a`, as('user-1')));

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
    expect(answers.map(({ headers }) => headers.get('ratelimit'))).toEqual([
      '"both";r=2;t=60',
      '"both";r=1;t=60',
      '"both";r=0;t=60',
      '"both";r=0;t=20',
    ]);
    expect(answers[3]?.headers.get('ratelimit-policy')).toBe('"both";q=3;w=60');
    expect(answers[3]?.headers.get('retry-after')).toBe('20');
    expect(await answers[3]?.json()).toMatchObject({ code: 'rate_limited', status: 429 });
    expect(upstream.received).toHaveLength(3);
  });

  it('gives one back after each part of the window', async () => {
    const clock = createManualClock();
    const { url } = await startTestGateway({ config, clock });
    for (let index = 0; index < 3; index += 1) await call(`${url}/api/shared/a`);

    await clock.advance(19_999);
    const early = await call(`${url}/api/shared/a`);
    await clock.advance(1);
    const later = await call(`${url}/api/shared/a`);

    expect([early.status, later.status]).toEqual([429, 200]);
  });

  it('shares its count with the routes whose limit has its name', async () => {
    const { url } = await start();
    for (let index = 0; index < 3; index += 1) await call(`${url}/api/shared/a`, as('user-1'));

    expect((await call(`${url}/api/shared/b`, as('user-1'))).status).toBe(429);
    expect((await call(`${url}/api/default`)).headers.get('ratelimit-policy')).toBe('"default";q=600;w=60');
  });

  it('counts callers by who they are, and nobody by address', async () => {
    const { url } = await start();
    for (let index = 0; index < 3; index += 1) await call(`${url}/api/shared/a`, as('user-1'));

    expect((await call(`${url}/api/shared/a`, as('user-2'))).status).toBe(200);
    expect((await call(`${url}/api/shared/a`)).status).toBe(200);
  });

  it('by ip counts everybody at one address together', async () => {
    const { url } = await start();
    const statuses = [
      (await call(`${url}/api/ip`, as('user-1'))).status,
      (await call(`${url}/api/ip`, as('user-2'))).status,
      (await call(`${url}/api/ip`)).status,
    ];

    expect(statuses).toEqual([200, 200, 429]);
  });

  it('by API key counts each key by itself, and apart from the person who has it', async () => {
    const { url } = await start();
    const withKey = async (key: string) => (await call(`${url}/api/key`, { 'x-api-key': key })).status;
    const withToken = async () => (await call(`${url}/api/key`, as('user-1'))).status;

    expect([await withKey('key-1'), await withKey('key-1'), await withKey('key-1')]).toEqual([200, 200, 429]);
    expect([await withKey('key-2'), await withToken()]).toEqual([200, 200]);
    expect([await withToken(), await withToken()]).toEqual([200, 429]);
  });

  it('by principal counts a key with the person who has it', async () => {
    const { url } = await start();
    for (const headers of [as('user-1'), { 'x-api-key': 'key-1' }, { 'x-api-key': 'key-2' }])
      expect((await call(`${url}/api/shared/a`, headers)).status).toBe(200);

    expect((await call(`${url}/api/shared/a`, as('user-1'))).status).toBe(429);
  });

  it('by route counts everybody together', async () => {
    const { url } = await start();
    for (const headers of [as('user-1'), {}]) await call(`${url}/api/all`, headers);

    expect((await call(`${url}/api/all`, as('user-2'))).status).toBe(429);
  });

  it('by a header that is a secret keeps its hash alone', async () => {
    const { url, gateway } = await start();
    await call(`${url}/api/secret`, { 'x-api-key': 'secret' });
    const keys = gateway.inspection.rateLimits().map(({ key }) => key);

    expect(keys).toContainEqual(expect.stringMatching(/^by-secret\|header:[0-9a-f]{64}$/));
    expect(JSON.stringify(keys)).not.toContain('header:secret');
  });

  it('by header counts each value by itself, however long', async () => {
    const { url } = await start();
    const long = 'x'.repeat(5000);
    for (let index = 0; index < 2; index += 1) await call(`${url}/api/header`, { 'x-tenant': long });

    expect((await call(`${url}/api/header`, { 'x-tenant': long })).status).toBe(429);
    expect((await call(`${url}/api/header`, { 'x-tenant': `${long}y` })).status).toBe(200);
  });

  it('lets exactly as many through as it says when all come at once', async () => {
    const { url } = await start();
    const answers = await Promise.all(Array.from({ length: 40 }, () => call(`${url}/api/shared/a`)));

    expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
  });

  it('grows with the factor for load tests', async () => {
    const { url } = await start(10);

    expect((await call(`${url}/api/shared/a`)).headers.get('ratelimit')).toBe('"both";r=29;t=60');
  });
});

describe('the limit of an address', () => {
  it('comes before everything else, unknown paths included', async () => {
    const { port, upstream } = await startTestGateway({
      config: `${config}\naddressLimit: { requests: 2, window: 60s }`,
      clock: createManualClock(),
    });
    const bytes = 'GET /nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
    const statuses = [];
    for (let index = 0; index < 3; index += 1) statuses.push((await sendRaw(port, bytes)).status);
    const known = await sendRaw(port, bytes.replace('/nowhere', '/api/default'));

    expect(statuses).toEqual([404, 404, 429]);
    expect([known.status, /^Retry-After: 30$/m.test(known.head)]).toEqual([429, true]);
    expect(upstream.received).toEqual([]);
  });
});
