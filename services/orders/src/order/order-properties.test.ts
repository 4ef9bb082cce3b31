import { isAppError } from '@gatehouse/errors';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lineLimit, type Order, orderDecider, quantityLimit } from './order.ts';
import type { OrderCommand, OrderEvent } from './order-messages.ts';

const at = '2026-01-05T09:00:00.000Z';
const productId = fc.constantFrom('tea', 'jam', 'bread');
const quantity = fc.integer({ min: 1, max: quantityLimit });
const item = fc.record({
  productId,
  name: fc.constant('A product'),
  quantity,
  price: fc.record({ amount: fc.integer({ min: 0, max: 10_000 }), currency: fc.constantFrom('EUR', 'USD') }),
});

const command: fc.Arbitrary<OrderCommand> = fc.oneof(
  fc.record({ type: fc.constant('add-item'), item, at: fc.constant(at) }),
  fc.record({ type: fc.constant('change-quantity'), productId, quantity, at: fc.constant(at) }),
  fc.record({ type: fc.constant('remove-item'), productId, at: fc.constant(at) }),
  fc.constantFrom<OrderCommand>(
    { type: 'create-order', customerId: 'ann', items: [], at },
    { type: 'confirm-order', at },
    { type: 'accept-order', at },
    { type: 'reject-order', reason: 'out_of_stock', at },
    { type: 'expire-order', at },
    { type: 'cancel-order', reason: 'requested', at },
  ),
);

/** Every command against the order as it is by then; refusals change nothing. */
const run = (
  commands: readonly OrderCommand[],
): readonly (readonly [before: Order, event: OrderEvent, after: Order])[] => {
  let order = orderDecider.initial();
  return commands.flatMap((one) => {
    try {
      return orderDecider.decide(one, order).map((event) => {
        const before = order;
        order = orderDecider.evolve(order, event);
        return [before, event, order] as const;
      });
    } catch (error) {
      if (!isAppError(error)) throw error;
      return [];
    }
  });
};

const histories = fc.array(command, { maxLength: 40 });

describe('any order, whatever is asked of it', () => {
  it('has one currency, and no more than an order has', () =>
    fc.assert(
      fc.property(histories, (commands) => {
        for (const [, , order] of run(commands)) {
          if (order.status === 'new') continue;
          expect(new Set(order.items.map(({ price }) => price.currency)).size).toBeLessThanOrEqual(1);
          expect(order.items.length).toBeLessThanOrEqual(lineLimit);
          expect(order.items.every((line) => line.quantity >= 1 && line.quantity <= quantityLimit)).toBe(
            true,
          );
        }
      }),
    ));

  it('keeps its lines once it is asked for', () =>
    fc.assert(
      fc.property(histories, (commands) => {
        for (const [before, , after] of run(commands)) {
          if (before.status === 'new' || before.status === 'draft' || after.status === 'new') continue;
          expect(after.items).toEqual(before.items);
        }
      }),
    ));

  it('is confirmed at most once, and gives its stock back exactly when it was', () =>
    fc.assert(
      fc.property(histories, (commands) => {
        const steps = run(commands);
        const kinds = steps.map(([, event]) => event.type);
        expect(kinds.filter((type) => type === 'order-confirmed').length).toBeLessThanOrEqual(1);
        for (const [before, event] of steps) {
          if (event.type === 'order-cancelled')
            expect(event.returnsStock).toBe(before.status === 'confirmed');
        }
      }),
    ));

  it('ends when it is rejected or cancelled', () =>
    fc.assert(
      fc.property(histories, (commands) => {
        const ended = run(commands).findIndex(
          ([, , { status }]) => status === 'rejected' || status === 'cancelled',
        );
        if (ended !== -1) expect(run(commands)).toHaveLength(ended + 1);
      }),
    ));

  it('hears nothing new in a command that was obeyed just now', () =>
    fc.assert(
      fc.property(histories, command, (commands, last) => {
        if (last.type === 'add-item') return; // adding twice is twice as much
        const order = run(commands).at(-1)?.[2] ?? orderDecider.initial();
        const [event] = run([...commands, last])
          .slice(run(commands).length)
          .map(([, one]) => one);
        if (event === undefined) return;
        expect(orderDecider.decide(last, orderDecider.evolve(order, event))).toEqual([]);
      }),
    ));
});
