import { createMemoryEventStore, createStateLoader, streamName } from '@gatehouse/event-store';
import { createManualClock, sequentialIds } from '@gatehouse/testing';
import { describe, expect, it } from 'vitest';
import { orderDecider } from '../order/order.ts';
import type { OrderEvent } from '../order/order-messages.ts';
import { type OrderView, toOrderView } from '../order/order-view.ts';
import { createOrderReader } from './order-reader.ts';

const ann = { id: 'ann', role: 'user' } as const;
const at = '2026-01-05T09:00:00.000Z';
const line = { productId: 'tea', name: 'Tea', quantity: 2, price: { amount: 500, currency: 'EUR' } };
const history: readonly OrderEvent[] = [
  { type: 'order-created', customerId: 'ann', items: [line], at },
  { type: 'order-confirmation-requested', at },
];

/** An order whose read model has not heard of it after `heard` events, however long one waits. */
const startBehind = async (heard: number) => {
  const clock = createManualClock();
  const eventStore = createMemoryEventStore({ clock, ids: sequentialIds() });
  await eventStore.append(streamName('order', 'o1'), 'no-stream', history);
  const load = createStateLoader({ store: eventStore, decider: orderDecider, category: 'order' });
  const { state } = await load('o1', { asOfVersion: heard });
  const view = state.status === 'new' ? undefined : toOrderView('o1', heard, state);
  const waits: number[] = [];
  const projection = {
    whenProcessed: async (_position: unknown, timeoutMs: number) => {
      waits.push(timeoutMs);
      return false;
    },
  };
  const summaries = { find: async (): Promise<OrderView | undefined> => view };
  const reader = createOrderReader({ summaries, eventStore, load, projection, clock });
  return { reader, waits };
};

describe('an order that its read model has not heard of', () => {
  it('is answered from its events, and nobody waits', async () => {
    const { reader, waits } = await startBehind(0);

    expect(await reader.get('o1', ann, { timeoutMs: 500 })).toMatchObject({
      ...{ id: 'o1', version: 2, status: 'confirming', items: [line] },
    });
    expect(await reader.get('o1', ann, { version: 2, timeoutMs: 500 })).toMatchObject({ version: 2 });
    expect(waits).toEqual([]);
  });

  it('is nobody else’s', async () => {
    const { reader } = await startBehind(0);

    await expect(reader.get('o1', { id: 'bob', role: 'user' }, { timeoutMs: 0 })).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});

describe('an order that its read model has heard of, and not all', () => {
  it('is what there is when the time is over', async () => {
    const { reader, waits } = await startBehind(1);

    expect(await reader.get('o1', ann, { timeoutMs: 500 })).toMatchObject({ version: 1, status: 'draft' });
    expect(waits).toEqual([500]);
  });

  it('is not there yet when a version was named', async () => {
    const { reader } = await startBehind(1);

    await expect(reader.get('o1', ann, { version: 2, timeoutMs: 500 })).rejects.toMatchObject({
      code: 'read_model_behind',
    });
  });
});
