import { type EventStore, type Projection, type StateLoader, streamName } from '@gatehouse/event-store';
import { type Clock, wait } from '@gatehouse/resilience';
import { type Order, placed } from '../order/order.ts';
import { type Caller, requireReader } from '../order/order-access.ts';
import { orderError } from '../order/order-errors.ts';
import { type OrderView, toOrderView } from '../order/order-view.ts';
import type { OrderSummaries } from './order-summary.ts';

export type OrderReaderDeps = Readonly<{
  summaries: Pick<OrderSummaries, 'find'>;
  eventStore: Pick<EventStore, 'findHead'>;
  load: StateLoader<Order>;
  projection: Pick<Projection, 'whenProcessed'>;
  clock: Clock;
}>;

export type WaitFor = Readonly<{
  /** Without it: the order's own version now. */
  version?: number | undefined;
  timeoutMs: number;
}>;

/** Between two looks whether the order has reached a version that is still to come. */
const lookMs = 50;

/** One order from the read model, as new as the caller has a right to expect. */
export const createOrderReader = ({ summaries, eventStore, load, projection, clock }: OrderReaderDeps) => {
  /** At least what the order was when asked, if that comes within the time; else what there is. */
  const getOwnVersion = async (id: string, seen: OrderView, timeoutMs: number) => {
    const head = await eventStore.findHead(streamName('order', id));
    if (head === undefined) throw orderError('not_found');
    if (seen.version >= head.version) return seen;
    await projection.whenProcessed(head.position, timeoutMs);
    return (await summaries.find(id)) ?? seen;
  };

  /** What the read model has not heard of yet, from its events: nobody is told to wait for an order of their own. */
  const getFromEvents = async (id: string) => {
    const { version, state } = await load(id);
    return toOrderView(id, version, placed(state));
  };

  const getNamedVersion = async (id: string, version: number, timeoutMs: number) => {
    const until = clock.monotonic() + timeoutMs;
    for (;;) {
      const left = until - clock.monotonic();
      const head = await eventStore.findHead(streamName('order', id));
      if (head !== undefined && head.version >= version) {
        await projection.whenProcessed(head.position, Math.max(0, left));
        const view = await summaries.find(id);
        if (view === undefined || view.version < version) throw isBehind();
        return view;
      }
      if (left <= 0) throw isBehind();
      await wait(clock, Math.min(lookMs, left));
    }
  };

  return {
    /** Fails with `not_found`, and with `read_model_behind` when a named version does not come within the time. */
    async get(id: string, caller: Caller, { version, timeoutMs }: WaitFor): Promise<OrderView> {
      const projected = await summaries.find(id);
      const seen = projected ?? (await getFromEvents(id));
      requireReader(caller, seen);
      if (version !== undefined)
        return seen.version >= version ? seen : getNamedVersion(id, version, timeoutMs);
      return projected === undefined ? seen : getOwnVersion(id, projected, timeoutMs);
    },
  };
};

export type OrderReader = ReturnType<typeof createOrderReader>;

const isBehind = () => orderError('read_model_behind', { details: { retryAfterSeconds: 1 } });
