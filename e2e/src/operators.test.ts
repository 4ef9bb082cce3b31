import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Call, clientOf, type SignedIn, signInAdministrator } from './client.ts';
import { type Product, startProduct } from './product.ts';

let product: Product;
let admin: SignedIn;
let stranger: Call;
beforeAll(async () => {
  // The limits as they are for everyone: other tests multiply them.
  product = await startProduct({ RATE_LIMIT_FACTOR: '1' });
  admin = await signInAdministrator(product.url);
  stranger = clientOf(product.url);
});
afterAll(() => product?.dispose());

describe('an operator', () => {
  it('sees every service with its instances and their health', async () => {
    const { body } = await admin.call('GET /admin/services');

    const names: string[] = body.data.map(({ name }: { name: string }) => name);
    // Several gateways are listed among the rest: they find each other by the registry too.
    expect(names.filter((name) => name !== 'gateway').sort()).toEqual(['orders', 'posts', 'users']);
    for (const { instances } of body.data) expect(instances[0]).toMatchObject({ health: 'passing' });
  });

  it('is told which route would take a request, and why the others not', async () => {
    const { body } = await admin.call('POST /admin/routes/test', {
      body: { method: 'POST', path: '/api/orders' },
    });

    expect(body.data).toMatchObject({ route: 'orders-write', service: 'orders' });
    expect(body.data.routes.every(({ why }: { why: string }) => why.length > 0)).toBe(true);
    expect(body.data.routes.length).toBe((await admin.call('GET /admin/routes')).body.data.length);
  });

  it('holds a breaker open and lets it go', async () => {
    // Each gateway has breakers of its own: the one that was asked holds.
    const [gateway = ''] = product.gateways;
    const operator = clientOf(gateway, admin.token);
    const anyone = clientOf(gateway);
    expect((await operator('POST /admin/breakers/posts/open')).body.data).toMatchObject({ forced: 'open' });
    const refused = await anyone('GET /api/posts');
    expect(refused).toMatchObject({ status: 503, body: { code: 'circuit_open' } });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await anyone('GET /api/products')).status).toBe(200);

    await operator('POST /admin/breakers/posts/auto');
    expect((await anyone('GET /api/posts')).status).toBe(200);
    expect((await operator('POST /admin/breakers/nobody/open')).status).toBe(404);
  });

  it('sees what waits, what failed, what is projected and which plugins there are', async () => {
    const of = async (what: string) => (await admin.call(`GET /admin/${what}` as 'GET /')).body;

    expect(await of('outboxes')).toMatchObject({
      data: [{ service: 'orders' }, {}, {}],
      meta: { unavailable: [] },
    });
    expect(await of('dead-letters')).toMatchObject({ data: [] });
    expect((await of('projections')).data).toContainEqual(expect.objectContaining({ service: 'orders' }));
    expect(await of('plugins')).toMatchObject({
      data: [{ name: 'comments', service: 'posts', state: 'active' }],
    });
  });

  it('has a read model made anew, watches it, and finds the way back', async () => {
    expect(await admin.call('POST /admin/projections/order-summary/rebuild')).toMatchObject({
      status: 202,
      body: {
        data: { name: 'order-summary', rebuild: { state: 'building', totalEvents: expect.any(Number) } },
      },
    });
    const read = async () => (await admin.call('GET /admin/projections/order-summary')).body.data;
    await expect.poll(read, { timeout: 20_000 }).toMatchObject({ version: 2, former: { version: 1 } });

    expect((await admin.call('POST /admin/projections/order-summary/revert')).status).toBe(202);
    await expect.poll(read, { timeout: 20_000 }).toMatchObject({ version: 1, former: { version: 2 } });
    expect((await admin.call('GET /admin/projections/order-summary/parked')).body).toEqual({ data: [] });
    expect((await admin.call('DELETE /admin/projections/order-summary/rebuild')).status).toBe(204);
    expect((await admin.call('POST /admin/projections/nobodys/rebuild')).status).toBe(404);
  });

  it('reads the configuration in force and has it read again', async () => {
    expect((await admin.call('GET /admin/config')).body.data).toHaveProperty('routes');
    expect((await admin.call('POST /admin/config/reload')).status).toBe(200);
  });

  it('gives a caller its limit back', async () => {
    // Each gateway lists those that it counted itself.
    const [gateway = ''] = product.gateways;
    // A slow one: those of 600 a minute are whole again, and forgotten, in a tenth of a second.
    await clientOf(gateway)('POST /api/users', { body: {} });
    const { data } = (await clientOf(gateway, admin.token)('GET /admin/rate-limits')).body;
    const counter = data.find(({ limit }: { limit: string }) => limit === 'users-register');

    const cleared = await admin.call(`DELETE /admin/rate-limits/${counter.key}`);
    expect([cleared.status, cleared.body?.meta?.unavailable]).toEqual([204, undefined]);
    expect((await admin.call('DELETE /admin/rate-limits/bm9ib2R5')).status).toBe(404);
  });

  it('changes the signing key, and tokens go on working', async () => {
    expect((await admin.call('POST /admin/keys/rotate')).status).toBe(200);
    expect((await admin.call('GET /api/users/me')).status).toBe(200);
  });

  it('is the only one who may', async () => {
    for (const path of ['services', 'events', 'mailbox', 'config', 'plugins'] as const) {
      expect((await stranger(`GET /admin/${path}`)).status).toBe(401);
    }
    expect((await stranger('POST /admin/plugins/comments/deactivate')).status).toBe(401);
  });
});

describe('the operations port', () => {
  it.each([
    ['/livez', /./],
    ['/readyz', /./],
    ['/metrics', /gateway_request_duration_seconds_count/],
  ])('answers on %s', async (path, content) => {
    const response = await fetch(product.operationsUrl + path);

    expect(response.status).toBe(200);
    expect(await response.text()).toMatch(content);
  });

  it('is not reached through the public one', async () => {
    expect((await stranger('GET /metrics')).status).toBe(404);
    expect((await stranger('GET /readyz')).status).toBe(404);
  });
});

describe('the API as it describes itself', () => {
  it('is one document over all services, with what is behind the gateway alone', async () => {
    const { body } = await stranger('GET /openapi.json');
    const paths = Object.keys(body.paths);

    expect(body.openapi).toMatch(/^3\.1/);
    expect(paths).toEqual(
      expect.arrayContaining([
        '/api/auth/login',
        '/api/comments',
        '/api/orders/{id}/confirm',
        '/api/posts',
        '/api/users/me',
        '/admin/events',
        '/.well-known/jwks.json',
      ]),
    );
    expect(paths.filter((path) => path.startsWith('/internal'))).toEqual([]);
    const used = [...JSON.stringify(body).matchAll(/#\/components\/schemas\/([^"]+)/g)].map(
      ([, name]) => name,
    );
    expect(used.filter((name) => !((name as string) in body.components.schemas))).toEqual([]);
  });

  it('has a reference that asks nobody outside', async () => {
    const response = await fetch(`${product.url}/docs`);

    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(await response.text()).not.toMatch(/https?:\/\//);
    const script = await fetch(`${product.url}/docs/reference.js`);
    expect((await script.text()).length).toBeGreaterThan(1_000_000);
  });
});

describe('a caller over its limit', () => {
  it('is told how long to wait, and nobody else has to', async () => {
    const register = () => stranger('POST /api/users', { body: {} });
    const first = await register();
    expect(first.status).toBe(422);
    expect(first.headers.get('ratelimit-policy')).toBe('"users-register";q=10;w=60');

    let refused = first;
    for (let n = 0; n < 10; n += 1) refused = await register();
    expect(refused).toMatchObject({ status: 429, body: { code: 'rate_limited' } });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await stranger('GET /api/posts')).status).toBe(200);
  });
});
