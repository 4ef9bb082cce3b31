import { defineErrors } from '@gatehouse/errors';

export const orderError = defineErrors({
  not_found: ['not-found', 'There is no such order, or not for you.'],
  forbidden: ['forbidden', 'Only the customer may do this with an order.'],
  order_not_draft: ['conflict', 'Only a draft can be changed.'],
  order_empty: ['conflict', 'An order needs at least one item.'],
  order_not_confirming: ['conflict', 'The order is not waiting for its stock.'],
  order_not_cancellable: ['conflict', 'A rejected order cannot be cancelled.'],
  order_full: ['conflict', 'An order has at most 100 lines, and at most 1000 of one product.'],
  mixed_currencies: ['conflict', 'All items of an order have prices in one currency.'],
  read_model_behind: ['unavailable', 'The view of the order is not at that version yet.'],
});
