import { type AnyDb, type AnyTx, isUniqueViolation } from '@gatehouse/database';
import type { Outbox } from '@gatehouse/messaging';
import { sql } from 'kysely';
import {
  announceProductCreated,
  announceProductUpdated,
  type Product,
  type ProductDetails,
} from './product.ts';
import { productError } from './product-errors.ts';
import { type ProductRow, productColumns, toProduct } from './product-rows.ts';

export type ProductPage = Readonly<{ limit: number; offset: number; afterId?: string | undefined }>;

/** Totals are counted up to here. */
export const totalLimit = 10_000;

/** The products that orders take their names and prices from. */
export const createCatalogue = ({ db, outbox }: Readonly<{ db: AnyDb; outbox: Outbox }>) => ({
  async find(id: string): Promise<Product | undefined> {
    const { rows } = await sql<ProductRow>`select ${productColumns} from products where id = ${id}`.execute(
      db,
    );
    return rows[0] && toProduct(rows[0]);
  },

  /** Newest first; ids are in order of time. */
  async list({ limit, offset, afterId }: ProductPage): Promise<readonly Product[]> {
    const { rows } = await sql<ProductRow>`
      select ${productColumns} from products
      where ${afterId === undefined ? sql`true` : sql`id < ${afterId}::uuid`}
      order by id desc limit ${limit} offset ${offset}`.execute(db);
    return rows.map(toProduct);
  },

  async count(): Promise<number> {
    const { rows } = await sql<{ total: number }>`
      select count(*)::integer as total from (select 1 from products limit ${totalLimit + 1}) counted`.execute(
      db,
    );
    return rows[0]?.total ?? 0;
  },

  /** Those of the ids that there are, by id. */
  async listByIds(ids: readonly string[], tx: AnyTx): Promise<ReadonlyMap<string, Product>> {
    const { rows } = await sql<ProductRow>`
      select ${productColumns} from products where id = any(${[...ids]}::uuid[])`.execute(tx);
    return new Map(rows.map((row) => [row.id, toProduct(row)]));
  },

  /** Fails with `sku_taken`. */
  async add(tx: AnyTx, id: string, { sku, name, price, stock }: ProductDetails): Promise<Product> {
    const product = await oneProduct(
      sql<ProductRow>`
        insert into products (id, sku, name, price_amount, price_currency, stock)
        values (${id}, ${sku}, ${name}, ${price.amount}, ${price.currency}, ${stock})
        returning ${productColumns}`.execute(tx),
    );
    await outbox.append(tx, [announceProductCreated(product)]);
    return product;
  },

  /** Changes what is given and leaves the rest; a change that changes nothing is no new version. */
  async change(
    tx: AnyTx,
    id: string,
    {
      expectedVersion,
      ...change
    }: Partial<ProductDetails> & Readonly<{ expectedVersion?: number | undefined }>,
  ): Promise<Product> {
    const { rows } = await sql<ProductRow>`
      select ${productColumns} from products where id = ${id} for update`.execute(tx);
    if (rows[0] === undefined) throw productError('not_found');
    const before = toProduct(rows[0]);
    if (expectedVersion !== undefined && expectedVersion !== before.version) {
      throw productError('precondition_failed', {
        details: { expected: expectedVersion, actual: before.version },
      });
    }
    const { sku, name, price, stock } = { ...before, ...change };
    if (isSame(before, { sku, name, price, stock })) return before;

    const product = await oneProduct(
      sql<ProductRow>`
        update products
        set sku = ${sku}, name = ${name}, price_amount = ${price.amount}, price_currency = ${price.currency},
          stock = ${stock}, version = version + 1
        where id = ${id}
        returning ${productColumns}`.execute(tx),
    );
    await outbox.append(tx, [announceProductUpdated(product)]);
    return product;
  },
});

export type Catalogue = ReturnType<typeof createCatalogue>;

const oneProduct = async (written: Promise<Readonly<{ rows: readonly ProductRow[] }>>): Promise<Product> => {
  try {
    const { rows } = await written;
    return toProduct(rows[0] as ProductRow);
  } catch (error) {
    throw isUniqueViolation(error, 'products_sku_key') ? productError('sku_taken', { cause: error }) : error;
  }
};

const isSame = (product: Product, details: ProductDetails): boolean =>
  product.sku === details.sku &&
  product.name === details.name &&
  product.stock === details.stock &&
  product.price.amount === details.price.amount &&
  product.price.currency === details.price.currency;
