import { type Order, orderDecider } from '../order/order.ts';
import type { OrderEvent } from '../order/order-messages.ts';

/** In which states each event may happen: written down a second time, and on purpose not taken from the decider. */
const possibleIn: Readonly<Record<OrderEvent['type'], readonly Order['status'][]>> = {
  'order-created': ['new'],
  'order-item-added': ['draft'],
  'order-quantity-changed': ['draft'],
  'order-item-removed': ['draft'],
  'order-confirmation-requested': ['draft'],
  'order-confirmed': ['confirming'],
  'order-rejected': ['confirming'],
  'order-cancelled': ['draft', 'confirming', 'confirmed'],
};

/** Folds a history; throws at the first event that cannot have happened. */
export const foldPossible = (events: readonly OrderEvent[]): Order =>
  events.reduce<Order>((order, event, index) => {
    const refuse = (why: string): never => {
      throw new RangeError(`event ${index + 1}, ${event.type}: ${why}`);
    };
    if (!possibleIn[event.type].includes(order.status)) refuse(`cannot be in ${order.status}`);
    if (event.type === 'order-confirmation-requested' && order.status === 'draft' && order.items.length === 0)
      refuse('nothing is in it');
    if (event.type === 'order-quantity-changed' || event.type === 'order-item-removed') {
      const has = order.status === 'draft' && order.items.some((item) => item.productId === event.productId);
      if (!has) refuse('there is no such line');
    }
    if (event.type === 'order-cancelled' && event.returnsStock !== (order.status === 'confirmed'))
      refuse('stock comes back exactly when it was set aside');
    const next = orderDecider.evolve(order, event);
    if (order.status !== 'new' && order.status !== 'draft' && next.status !== 'new')
      if (JSON.stringify(next.items) !== JSON.stringify(order.items)) refuse('its lines changed');
    return next;
  }, orderDecider.initial());
