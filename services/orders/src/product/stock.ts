import type { AnyTx } from '@gatehouse/database';
import type { Outbox } from '@gatehouse/messaging';
import { sql } from 'kysely';
import { announceProductUpdated } from './product.ts';
import { type ProductRow, productColumns, toProduct } from './product-rows.ts';

export type StockLine = Readonly<{ productId: string; quantity: number }>;

/**
 * What is in stock, taken and given back in the caller's transaction. Rows are locked in the order of their ids, so that
 * two orders of the same products wait for each other and never block each other.
 */
export const createStock = ({ outbox }: Readonly<{ outbox: Outbox }>) => {
  const lock = async (tx: AnyTx, lines: readonly StockLine[]): Promise<ReadonlyMap<string, number>> => {
    const { rows } = await sql<{ id: string; stock: number }>`
      select id, stock from products where id = any(${lines.map(({ productId }) => productId)}::uuid[])
      order by id for update`.execute(tx);
    return new Map(rows.map(({ id, stock }) => [id, stock]));
  };

  const move = async (tx: AnyTx, lines: readonly StockLine[], sign: 1 | -1): Promise<void> => {
    const ids = lines.map(({ productId }) => productId);
    const changes = lines.map(({ quantity }) => sign * quantity);
    const { rows } = await sql<ProductRow>`
      with change as (
        select * from unnest(${ids}::uuid[], ${changes}::integer[]) as c (product_id, amount)
      )
      update products set stock = stock + change.amount, version = version + 1
      from change where change.product_id = products.id
      returning ${productColumns}`.execute(tx);
    await outbox.append(
      tx,
      rows.map((row) => announceProductUpdated(toProduct(row))),
    );
  };

  return {
    /** All of it or nothing; false when there is not enough of one. A product is in one line at most. */
    async reserve(tx: AnyTx, lines: readonly StockLine[]): Promise<boolean> {
      const inStock = await lock(tx, lines);
      if (lines.some(({ productId, quantity }) => (inStock.get(productId) ?? 0) < quantity)) return false;
      await move(tx, lines, -1);
      return true;
    },

    /** Gives back what was reserved; once, since the caller's event in the same transaction can only happen once. */
    async giveBack(tx: AnyTx, lines: readonly StockLine[]): Promise<void> {
      await lock(tx, lines);
      await move(tx, lines, 1);
    },
  };
};

export type Stock = ReturnType<typeof createStock>;
