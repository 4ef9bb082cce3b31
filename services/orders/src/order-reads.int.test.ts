import type { TestUser } from '@gatehouse/service-kit/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OrdersForTests, startOrdersForTests } from './orders-for-tests.ts';

let orders: OrdersForTests;
let tea: string;

beforeAll(async () => {
  orders = await startOrdersForTests('order_reads');
  tea = await orders.addProduct({ stock: 1000 });
}, 60_000);
afterAll(() => orders.stop());

const get = (path: string, as: TestUser) => orders.request('GET', path, { as });

describe('reading an order', () => {
  it('sees what one has just written', async () => {
    const ann = await orders.signIn();
    const id = await orders.addOrder(ann);
    for (let version = 2; version <= 6; version += 1) {
      await orders.request('POST', `/api/orders/${id}/items`, {
        as: ann,
        body: { productId: tea, quantity: 1 },
      });
      expect((await get(`/api/orders/${id}`, ann)).data.version).toBe(version);
    }
  });

  it('waits for a version that is still to come', async () => {
    const ann = await orders.signIn();
    const id = await orders.addOrder(ann, [tea, 1]);
    const waiting = get(`/api/orders/${id}?waitForVersion=3`, ann);
    await orders.request('POST', `/api/orders/${id}/confirm`, { as: ann });

    expect((await waiting).data).toMatchObject({ version: 3, status: 'confirmed' });
  });

  it('says so when the version does not come in time', async () => {
    const ann = await orders.signIn();
    const id = await orders.addOrder(ann);
    const deadline = { 'x-request-deadline': String(Date.now() + 1_500) };
    const answer = await orders.request('GET', `/api/orders/${id}?waitForVersion=9`, {
      as: ann,
      headers: deadline,
    });

    expect(answer).toMatchObject({ status: 503, json: { code: 'read_model_behind' } });
    expect(answer.headers.get('retry-after')).toBe('1');
  });

  it('shows how it was at any version', async () => {
    const ann = await orders.signIn();
    const id = await orders.addOrder(ann, [tea, 2]);
    await orders.request('POST', `/api/orders/${id}/confirm`, { as: ann });
    await orders.whenIdle();

    expect((await get(`/api/orders/${id}?asOfVersion=1`, ann)).data).toMatchObject({
      status: 'draft',
      version: 1,
    });
    expect((await get(`/api/orders/${id}?asOfVersion=2`, ann)).data.status).toBe('confirming');
    expect((await get(`/api/orders/${id}?asOfVersion=3`, ann)).data.status).toBe('confirmed');
    expect((await get(`/api/orders/${id}?asOfVersion=4`, ann)).status).toBe(404);
    expect((await get(`/api/orders/${id}?asOfVersion=0`, ann)).status).toBe(422);
    expect((await get(`/api/orders/${id}?asOfVersion=1&waitForVersion=1`, ann)).status).toBe(422);
  });

  it('tells its history, page by page', async () => {
    const ann = await orders.signIn();
    const id = await orders.addOrder(ann, [tea, 2]);
    await orders.request('POST', `/api/orders/${id}/confirm`, { as: ann });
    await orders.whenIdle();

    const first = await get(`/api/orders/${id}/events?limit=2`, ann);
    expect(first.data).toMatchObject([
      { version: 1, type: 'order-created', data: { customerId: ann.id } },
      { version: 2, type: 'order-confirmation-requested' },
    ]);
    expect(first.meta).toMatchObject({ total: 3, totalPages: 2 });
    const rest = await get(`/api/orders/${id}/events?limit=2&cursor=${first.meta.nextCursor}`, ann);
    expect(rest.data).toMatchObject([{ version: 3, type: 'order-confirmed' }]);
    expect(rest.meta.nextCursor).toBeNull();
  });

  it.each([3, 2 ** 31 - 1, Number.MAX_SAFE_INTEGER])('has nothing after version %d', async (version) => {
    const ann = await orders.signIn();
    const id = await orders.addOrder(ann, [tea, 2]);
    const cursor = Buffer.from(JSON.stringify({ version })).toString('base64url');

    const { status, data, meta } = await get(`/api/orders/${id}/events?cursor=${cursor}`, ann);

    expect([status, data, meta.nextCursor]).toEqual([200, [], null]);
  });
});

describe('the list of orders', () => {
  const listAll = async (as: TestUser, query: string): Promise<readonly string[]> => {
    const ids: string[] = [];
    for (let cursor = ''; ; ) {
      const page = await get(`/api/orders?${query}${cursor === '' ? '' : `&cursor=${cursor}`}`, as);
      ids.push(...page.data.map(({ id }: { id: string }) => id));
      if (page.meta.nextCursor === null) return ids;
      cursor = page.meta.nextCursor;
    }
  };

  it('has one’s own, newest first, the one of a moment ago among them', async () => {
    const [ann, bob] = [await orders.signIn(), await orders.signIn()];
    const first = await orders.addOrder(ann);
    await orders.addOrder(bob);
    const second = await orders.addOrder(ann);

    const page = await get('/api/orders', ann);
    expect(page.data.map(({ id }: { id: string }) => id)).toEqual([second, first]);
    expect(page.meta).toEqual({ total: 2, page: 1, limit: 10, totalPages: 1, nextCursor: null });
  });

  it('goes by page, and by cursor with the same filter', async () => {
    const ann = await orders.signIn();
    const ids = [];
    for (let count = 0; count < 5; count += 1) ids.unshift(await orders.addOrder(ann));
    const cancelled = ids[2] as string;
    await orders.request('POST', `/api/orders/${cancelled}/cancel`, { as: ann });

    const second = await get('/api/orders?page=2&limit=2', ann);
    expect(second.data.map(({ id }: { id: string }) => id)).toEqual(ids.slice(2, 4));
    expect(second.meta).toMatchObject({ total: 5, page: 2, totalPages: 3 });
    expect(await listAll(ann, 'limit=2')).toEqual(ids);
    expect(await listAll(ann, 'limit=2&status=draft')).toEqual(ids.filter((id) => id !== cancelled));
    expect(await listAll(ann, 'status=cancelled')).toEqual([cancelled]);
  });

  it('has everybody’s for an administrator', async () => {
    const [ann, bob] = [await orders.signIn(), await orders.signIn()];
    const ids = [await orders.addOrder(bob), await orders.addOrder(ann)].reverse();

    const page = await get('/api/orders?limit=2', orders.admin);
    expect(page.data.map(({ id }: { id: string }) => id)).toEqual(ids);
  });

  it.each(['status=lost', 'page=0', 'limit=101', 'cursor=nonsense', 'page=1001&limit=10', 'sort=up'])(
    'refuses %s',
    async (query) => {
      const answer = await get(`/api/orders?${query}`, await orders.signIn());
      expect(answer).toMatchObject({ status: 422, json: { code: 'validation_failed' } });
    },
  );
});
