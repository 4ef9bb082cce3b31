import type { Ids } from '@gatehouse/contracts';
import { createCursor, created, ok, pageReply, type Route, route } from '@gatehouse/service-kit';
import { z } from 'zod';
import { type Catalogue, totalLimit } from '../product/catalogue.ts';
import { type Product, toProductView } from '../product/product.ts';
import { productError } from '../product/product-errors.ts';
import { newProduct, productChange, productReply, productsQuery } from './product-schemas.ts';

const cursor = createCursor(z.strictObject({ id: z.uuid() }));

export const productsRoutes = ({ catalogue, ids }: Readonly<{ catalogue: Catalogue; ids: Ids }>): Route[] => [
  route(
    'GET /api/products',
    {
      auth: 'none',
      summary: 'The catalogue, newest first',
      tag: 'products',
      query: productsQuery,
      responses: { 200: z.array(productReply) },
    },
    async ({ query }) => {
      const afterId = query.cursor === undefined ? undefined : cursor.decode(query.cursor).id;
      const offset = afterId === undefined ? (query.page - 1) * query.limit : 0;
      const [found, total] = await Promise.all([
        catalogue.list({ limit: query.limit + 1, offset, afterId }),
        catalogue.count(),
      ]);
      const items = found.slice(0, query.limit);
      const last = items.at(-1);
      return pageReply({
        items: items.map(toProductView),
        total: Math.min(total, totalLimit),
        totalIsCapped: total > totalLimit,
        page: query.page,
        limit: query.limit,
        nextCursor: found.length > items.length && last ? cursor.encode({ id: last.id }) : null,
      });
    },
  ),

  route(
    'GET /api/products/:id',
    { auth: 'none', summary: 'One product', tag: 'products', responses: { 200: productReply } },
    async ({ params }) => {
      const product = await catalogue.find(params.id);
      if (product === undefined) throw productError('not_found');
      return ok(toProductView(product), tagged(product));
    },
  ),

  route(
    'POST /api/products',
    {
      auth: 'admin',
      idempotent: true,
      summary: 'Add a product to the catalogue',
      tag: 'products',
      body: newProduct,
      responses: { 201: productReply },
    },
    ({ body, once }) =>
      once(async (tx) => {
        const product = await catalogue.add(tx, ids.next(), body);
        return created(toProductView(product), {
          ...tagged(product),
          headers: { Location: `/api/products/${product.id}` },
        });
      }),
  ),

  route(
    'PATCH /api/products/:id',
    {
      auth: 'admin',
      summary: 'Change a product: what is given, the rest stays',
      tag: 'products',
      body: productChange,
      responses: { 200: productReply },
    },
    ({ params, body, ifMatch, once }) =>
      once(async (tx) => {
        const product = await catalogue.change(tx, params.id, {
          ...givenOnly(body),
          expectedVersion: ifMatch,
        });
        return ok(toProductView(product), tagged(product));
      }),
  ),
];

const tagged = ({ version }: Product) => ({ version, view: 'full' });

/** Fields that were not sent are absent, never `undefined`: those would overwrite. */
const givenOnly = <T extends object>(change: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)) as never;
