import { isAppError } from '@gatehouse/errors';
import { createCommandHandler, type EventStore, streamName } from '@gatehouse/event-store';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { orderDecider } from './order/order.ts';
import type { OrderCommand, OrderEvent } from './order/order-messages.ts';
import { foldPossible } from './testing/possible-history.ts';

const at = '2026-01-05T09:00:00.000Z';
const productId = fc.constantFrom('tea', 'jam', 'bread');
const quantity = fc.integer({ min: 1, max: 9 });
const item = fc.record({
  productId,
  name: fc.constant('A product'),
  quantity,
  price: fc.constant({ amount: 500, currency: 'EUR' }),
});

const command: fc.Arbitrary<OrderCommand> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ type: fc.constant('add-item'), item, at: fc.constant(at) }) },
  fc.record({ type: fc.constant('change-quantity'), productId, quantity, at: fc.constant(at) }),
  fc.record({ type: fc.constant('remove-item'), productId, at: fc.constant(at) }),
  fc.constantFrom<OrderCommand>(
    { type: 'confirm-order', at },
    { type: 'accept-order', at },
    { type: 'reject-order', reason: 'out_of_stock', at },
    { type: 'expire-order', at },
    { type: 'cancel-order', reason: 'requested', at },
  ),
);

/** What one writer wants, one after the other; with a condition: only if nobody else has changed it since it last looked. */
const writer = fc.array(fc.record({ command, hasCondition: fc.boolean() }), { minLength: 1, maxLength: 12 });
type Wish = Readonly<{ command: OrderCommand; hasCondition: boolean }>;

type Done = Readonly<{ before: number; version: number; events: readonly OrderEvent[] }>;

/** Whatever two writers ask of one order at the same time, on any event store. */
export const twoWritersContract = (
  name: string,
  open: () => Promise<EventStore>,
  { runs }: Readonly<{ runs: number }>,
): void => {
  describe(`two writers on one order, ${name}`, () => {
    let store: EventStore;
    beforeAll(async () => {
      store = await open();
    });

    /** Everything that went through; a refusal changes nothing, a lost race is tried again when there was no condition. */
    const write = async (id: string, wishes: readonly Wish[]): Promise<readonly Done[]> => {
      const handle = createCommandHandler({
        store,
        decider: orderDecider,
        category: 'order',
        schemaHash: 'order-1',
        snapshotEvery: 5,
      });
      const done: Done[] = [];
      let seen = 1;
      for (const { command, hasCondition } of wishes) {
        const condition = hasCondition ? { expectedVersion: seen } : {};
        for (let tries = hasCondition ? 1 : 4; tries > 0; tries -= 1) {
          try {
            const { version, events } = await handle(id, command, condition);
            if (hasCondition) expect(version - events.length).toBe(seen);
            done.push({ before: version - events.length, version, events });
            seen = version;
            break;
          } catch (error) {
            if (!isAppError(error)) throw error;
            if (error.code === 'precondition_failed') seen = Number(error.details?.actual);
            if (error.code !== 'version_conflict') break;
          }
        }
      }
      return done;
    };

    it('never bring it into an impossible state, lose what was said to be done, or do it twice', () =>
      fc.assert(
        fc.asyncProperty(writer, writer, async (first, second) => {
          const id = crypto.randomUUID();
          const stream = streamName('order', id);
          const begun: OrderEvent = { type: 'order-created', customerId: 'ann', items: [], at };
          await store.append(stream, 'no-stream', [begun]);
          const done = (await Promise.all([write(id, first), write(id, second)])).flat();

          const { version, events } = await store.read<OrderEvent>(stream);
          expect(events.map((recorded) => recorded.version)).toEqual(
            Array.from({ length: version }, (_, index) => index + 1),
          );
          foldPossible(events.map(({ event }) => event));

          const told = done.flatMap(({ before, events: own }) =>
            own.map((event, index) => [before + index + 1, event] as const),
          );
          expect(told.toSorted(([a], [b]) => a - b)).toEqual(
            events.slice(1).map((recorded) => [recorded.version, recorded.event]),
          );
        }),
        { numRuns: runs },
      ));
  });
};
