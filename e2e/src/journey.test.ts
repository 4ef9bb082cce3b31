import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientOf, eventually, newUser, type SignedIn, signInAdministrator } from './client.ts';
import { type Product, startProduct } from './product.ts';

describe('the product, through the gateway alone', () => {
  let product: Product;
  let admin: SignedIn;
  beforeAll(async () => {
    product = await startProduct();
    admin = await signInAdministrator(product.url);
  });
  afterAll(() => product?.dispose());

  describe('somebody who writes', () => {
    it('publishes a post, gets a comment and approves it', async () => {
      const author = await newUser(product.url, admin, 'Ada');
      const reader = await newUser(product.url, admin, 'Ben');

      const written = await author.call('POST /api/posts', {
        body: {
          title: 'On engines',
          content: 'An engine that weaves algebraic patterns.',
          tags: ['engines'],
        },
      });
      expect(written).toMatchObject({ status: 201, body: { data: { status: 'draft', slug: 'on-engines' } } });
      const { id } = written.body.data;
      expect((await reader.call(`GET /api/posts/${id}`)).status).toBe(404);

      expect(await author.call(`POST /api/posts/${id}/publish`)).toMatchObject({
        status: 200,
        body: { data: { status: 'published' } },
      });
      const seen = await reader.call(`GET /api/posts/${id}`);
      expect(seen).toMatchObject({ status: 200, body: { data: { author: { fullName: 'Ada Lovelace' } } } });

      const comment = await eventually('open comments', async () => {
        const answer = await reader.call('POST /api/comments', {
          body: { postId: id, content: 'Well put.' },
        });
        return answer.status === 201 ? answer : undefined;
      });
      expect(comment.body.data.status).toBe('pending');
      const stranger = clientOf(product.url);
      expect((await stranger(`GET /api/comments?postId=${id}`)).body.data).toEqual([]);

      const approved = await author.call(`POST /api/comments/${comment.body.data.id}/approve`);
      expect(approved).toMatchObject({ status: 200, body: { data: { status: 'approved' } } });
      expect((await stranger(`GET /api/comments?postId=${id}`)).body.data).toHaveLength(1);
    });

    it('has no comments while their plugin is switched off, and all of them after', async () => {
      const stranger = clientOf(product.url);
      const { id } = (await stranger('GET /api/posts')).body.data[0];
      const before = await stranger(`GET /api/comments?postId=${id}`);
      expect(before.body.data).toHaveLength(1);

      expect((await admin.call('POST /admin/plugins/comments/deactivate')).status).toBe(200);
      expect((await stranger(`GET /api/comments?postId=${id}`)).status).toBe(404);

      expect((await admin.call('POST /admin/plugins/comments/activate')).status).toBe(200);
      expect((await stranger(`GET /api/comments?postId=${id}`)).body.data).toEqual(before.body.data);
    });
  });

  describe('20 buyers of the last 5', () => {
    it('get exactly 5, and the others are told', async () => {
      const product5 = await admin.call('POST /api/products', {
        body: { sku: 'ENGINE-5', name: 'Engine', price: { amount: 1999, currency: 'EUR' }, stock: 5 },
      });
      expect(product5.status).toBe(201);
      const productId = product5.body.data.id;
      const buyers: SignedIn[] = [];
      for (let n = 0; n < 20; n += 1) buyers.push(await newUser(product.url, admin, 'Cy'));

      const orders = await Promise.all(
        buyers.map(async ({ call }) => {
          const order = await call('POST /api/orders', { body: { items: [{ productId, quantity: 1 }] } });
          const confirmed = await call(`POST /api/orders/${order.body.data.id}/confirm`);
          expect(confirmed.status).toBe(202);
          return { call, id: order.body.data.id };
        }),
      );
      const outcomes = await Promise.all(
        orders.map(({ call, id }) =>
          eventually('an outcome', async () => {
            const answer = await call(`GET /api/orders/${id}`);
            expect(answer).toMatchObject({ status: 200 });
            const { status } = answer.body.data;
            return status === 'confirming' ? undefined : (status as string);
          }),
        ),
      );

      expect(outcomes.filter((status) => status === 'confirmed')).toHaveLength(5);
      expect(outcomes.filter((status) => status === 'rejected')).toHaveLength(15);
      const left = await clientOf(product.url)(`GET /api/products/${productId}`);
      expect(left.body.data.stock).toBe(0);
    }, 60_000);

    it('stand in the event history, each with the request it came from', async () => {
      const buyer = await newUser(product.url, admin, 'Dan');
      const order = await buyer.call('POST /api/orders', {
        body: {},
        headers: { 'x-request-id': 'dans-order' },
      });
      expect(order.headers.get('x-request-id')).toBe('dans-order');

      const events = await eventually('the event', async () => {
        const found = (await admin.call('GET /admin/events?correlationId=dans-order')).body.data;
        return found.length > 0 ? found : undefined;
      });
      expect(events).toMatchObject([
        { type: 'gatehouse.order.created.v1', subject: order.body.data.id, correlationId: 'dans-order' },
      ]);
    });
  });
});
