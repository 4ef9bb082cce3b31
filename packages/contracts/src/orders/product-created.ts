import { defineEvent } from '../define-event.ts';
import { productFacts } from './product-facts.ts';

export const ProductCreated = defineEvent({
  type: 'gatehouse.product.created.v1',
  description: 'The catalogue has a new product.',
  data: productFacts,
});
