import { type Money, ProductCreated, ProductUpdated } from '@gatehouse/contracts';
import { type NewEvent, newEvent } from '@gatehouse/messaging';

/** A line of the catalogue. `stock` is what can still be ordered: what is set aside for confirmed orders is gone from it. */
export type Product = Readonly<{
  id: string;
  sku: string;
  name: string;
  price: Money;
  stock: number;
  version: number;
}>;

export type ProductDetails = Readonly<Pick<Product, 'sku' | 'name' | 'price' | 'stock'>>;

export const toProductView = ({ id, sku, name, price, stock }: Product) => ({ id, sku, name, price, stock });

export const announceProductCreated = (product: Product): NewEvent =>
  newEvent(ProductCreated, factsOf(product));

/** Also when an order takes stock or gives it back. */
export const announceProductUpdated = (product: Product): NewEvent =>
  newEvent(ProductUpdated, factsOf(product));

const factsOf = ({ id, version, sku, name, price, stock }: Product) => ({
  aggregateId: id,
  aggregateVersion: version,
  data: { productId: id, sku, name, price, stock },
});
