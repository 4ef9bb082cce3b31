import type { OrderItem } from '@gatehouse/contracts';
import type { AnyTx } from '@gatehouse/database';
import type { Catalogue } from '../product/catalogue.ts';
import { productError } from '../product/product-errors.ts';

type WantedItem = Readonly<{ productId: string; quantity: number }>;

/**
 * What a customer wants, with the names and prices of the catalogue. A product that is not in it is a
 * `validation_failed` at `pathOf(index)`.
 */
export const createPriceItems =
  (catalogue: Pick<Catalogue, 'listByIds'>) =>
  async (
    tx: AnyTx,
    wanted: readonly WantedItem[],
    pathOf: (index: number) => string,
  ): Promise<readonly OrderItem[]> => {
    const products = await catalogue.listByIds(
      wanted.map(({ productId }) => productId),
      tx,
    );
    const errors = wanted.flatMap(({ productId }, index) =>
      products.has(productId) ? [] : [{ path: pathOf(index), message: 'There is no such product.' }],
    );
    if (errors.length > 0) throw productError('validation_failed', { details: { errors } });

    return wanted.flatMap(({ productId, quantity }) => {
      const product = products.get(productId);
      return product === undefined ? [] : [{ productId, name: product.name, quantity, price: product.price }];
    });
  };
