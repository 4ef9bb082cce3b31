import { defineEvent } from '../define-event.ts';
import { productFacts } from './product-facts.ts';

export const ProductUpdated = defineEvent({
  type: 'gatehouse.product.updated.v1',
  description: 'A product has another name, price or stock.',
  data: productFacts,
});
