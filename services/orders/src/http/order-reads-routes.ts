import {
  type EventStore,
  type Projection,
  type RecordedEvent,
  type StateLoader,
  streamName,
} from '@gatehouse/event-store';
import { createCursor, ok, pageReply, type Route, route } from '@gatehouse/service-kit';
import { z } from 'zod';
import type { OrdersSettings } from '../config.ts';
import { type Order, placed } from '../order/order.ts';
import { requireReader, toOwned } from '../order/order-access.ts';
import { orderError } from '../order/order-errors.ts';
import { toOrderView } from '../order/order-view.ts';
import type { OrderReader } from '../projections/order-reader.ts';
import type { OrderSummaries } from '../projections/order-summary.ts';
import { eventsQuery, orderEventReply, orderQuery, orderReply, ordersQuery } from './order-schemas.ts';

export type OrderReadsDeps = Readonly<{
  reader: OrderReader;
  summaries: OrderSummaries;
  load: StateLoader<Order>;
  eventStore: EventStore;
  projection: Pick<Projection, 'whenCaughtUp'>;
  config: OrdersSettings;
}>;

const orderCursor = createCursor(z.strictObject({ id: z.uuid() }));
const eventCursor = createCursor(z.strictObject({ version: z.int().min(1) }));

/** Left of the deadline for the answer itself, when a read waits. */
const answerMs = 100;

export const orderReadsRoutes = (deps: OrderReadsDeps): Route[] => {
  const { reader, summaries, load, eventStore, projection, config } = deps;
  return [
    route(
      'GET /api/orders',
      {
        auth: 'required',
        permission: 'orders:read',
        summary: "One's orders, newest first; all of them for an administrator",
        query: ordersQuery,
        responses: { 200: z.array(orderReply) },
      },
      async ({ query: { page, limit, cursor, status }, principal, deadline }) => {
        const afterId = cursor === undefined ? undefined : orderCursor.decode(cursor).id;
        const filter = { status, customerId: principal.role === 'admin' ? undefined : principal.id };
        await projection.whenCaughtUp(within(deadline, config.ownVersionWaitMs));
        const [found, total] = await Promise.all([
          summaries.list(filter, {
            limit: limit + 1,
            offset: afterId === undefined ? (page - 1) * limit : 0,
            afterId,
          }),
          summaries.count(filter),
        ]);
        const items = found.slice(0, limit);
        const last = items.at(-1);
        return pageReply({
          items,
          total,
          page,
          limit,
          nextCursor: found.length > items.length && last ? orderCursor.encode({ id: last.id }) : null,
        });
      },
    ),

    route(
      'GET /api/orders/:id',
      {
        auth: 'required',
        permission: 'orders:read',
        summary: 'One order: as it is, once it has reached a version, or as it was at one',
        query: orderQuery,
        responses: { 200: orderReply },
      },
      async ({ params: { id }, query: { waitForVersion, asOfVersion }, principal, deadline }) => {
        if (asOfVersion !== undefined) {
          const { version, state } = await load(id, { asOfVersion });
          requireReader(principal, toOwned(state));
          if (version < asOfVersion)
            throw orderError('not_found', { message: 'It has no such version yet.' });
          return ok(toOrderView(id, version, placed(state)), { version, view: 'as-of' });
        }
        const waitMs = waitForVersion === undefined ? config.ownVersionWaitMs : config.namedVersionWaitMs;
        const view = await reader.get(id, principal, {
          version: waitForVersion,
          timeoutMs: within(deadline, waitMs),
        });
        return ok(view, { version: view.version, view: 'full' });
      },
    ),

    route(
      'GET /api/orders/:id/events',
      {
        auth: 'required',
        permission: 'orders:read',
        summary: "The order's history, oldest first",
        query: eventsQuery,
        responses: { 200: z.array(orderEventReply) },
      },
      async ({ params: { id }, query: { page, limit, cursor }, principal }) => {
        const { version: reached, state } = await load(id);
        requireReader(principal, toOwned(state));
        const asked = cursor === undefined ? (page - 1) * limit : eventCursor.decode(cursor).version;
        // A cursor that came back may name any number; the store's versions are smaller than those of JSON.
        const before = Math.min(asked, reached);
        const { version, events } = await eventStore.read(streamName('order', id), {
          from: before + 1,
          to: before + limit,
        });
        const last = events.at(-1);
        return pageReply({
          items: events.map(toOrderEvent),
          total: version,
          page,
          limit,
          nextCursor: last && last.version < version ? eventCursor.encode({ version: last.version }) : null,
        });
      },
    ),
  ];
};

const within = (deadline: Readonly<{ remainingMs(): number }>, waitMs: number): number =>
  Math.max(0, Math.min(waitMs, deadline.remainingMs() - answerMs));

const toOrderEvent = ({ id, version, type, recordedAt, event, correlationId }: RecordedEvent) => {
  const { type: _, ...data } = event;
  return { id, version, type, time: recordedAt, data, correlationId: correlationId ?? null };
};
