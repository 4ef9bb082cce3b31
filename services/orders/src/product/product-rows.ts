import { sql } from 'kysely';
import type { Product } from './product.ts';

export type ProductRow = Readonly<{
  id: string;
  sku: string;
  name: string;
  price_amount: string;
  price_currency: string;
  stock: number;
  version: number;
}>;

export const productColumns = sql.raw('id, sku, name, price_amount, price_currency, stock, version');

export const toProduct = (row: ProductRow): Product => ({
  id: row.id,
  sku: row.sku,
  name: row.name,
  price: { amount: Number(row.price_amount), currency: row.price_currency },
  stock: row.stock,
  version: row.version,
});
