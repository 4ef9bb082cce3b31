import { type Call, eventually, type SignedIn } from '../src/client.ts';
import type { LedgerLine } from './ledger.ts';

export type Conservation = Readonly<{
  acknowledged: number;
  lost: number;
  doubled: number;
  stuck: number;
  streamsWithGaps: number;
  foldingDiffers: number;
  confirmed: number;
  rejected: number;
  stockLeft: number;
  stockMissing: number;
  deadLetters: number;
}>;

/** True when every acknowledged order stands once everywhere, nothing is stuck and the stock adds up. */
export const holds = (c: Conservation): boolean =>
  c.lost + c.doubled + c.stuck + c.streamsWithGaps + c.foldingDiffers + c.deadLetters === 0 &&
  c.stockMissing === 0;

/** Holds the client's ledger against the product, through its public API alone. */
export const checkConservation = async (o: {
  lines: readonly LedgerLine[];
  buyers: readonly SignedIn[];
  admin: SignedIn;
  productId: string;
  stockAtFirst: number;
}): Promise<Conservation> => {
  const seen = new Map<string, { status: string; version: number; times: number; buyer: number }>();
  for (const [buyer, { call }] of o.buyers.entries()) {
    for (const order of await allOrders(call)) {
      const before = seen.get(order.id);
      seen.set(order.id, { ...order, buyer, times: (before?.times ?? 0) + 1 });
    }
  }
  const acknowledged = [...new Set(o.lines.map(({ orderId }) => orderId))];
  const confirmAccepted = o.lines
    .filter(({ step }) => step === 'confirm-accepted')
    .map((line) => line.orderId);
  const histories = await inTurns([...seen], async ([id, order]) => ({
    ...order,
    ...(await history(o.buyers, order.buyer, id)),
  }));
  const confirmed = histories.filter(({ status }) => status === 'confirmed').length;
  const product = (await o.admin.call(`GET /api/products/${o.productId}`)).body.data;
  const dead = (await o.admin.call('GET /admin/dead-letters')).body.data;
  return {
    acknowledged: acknowledged.length,
    lost: acknowledged.filter((id) => !seen.has(id)).length,
    doubled: [...seen.values()].filter(({ times }) => times > 1).length,
    stuck: confirmAccepted.filter((id) => !['confirmed', 'rejected'].includes(seen.get(id)?.status ?? ''))
      .length,
    streamsWithGaps: histories.filter(({ versions }) => versions.some((version, n) => version !== n + 1))
      .length,
    foldingDiffers: histories.filter((order) => order.folded !== order.status).length,
    confirmed,
    rejected: histories.filter(({ status }) => status === 'rejected').length,
    stockLeft: product.stock,
    stockMissing: o.stockAtFirst - confirmed - product.stock,
    deadLetters: dead.length,
  };
};

/** Waits until no order is on its way any more. */
export const whenSettled = async (buyers: readonly SignedIn[], limitMs = 15_000): Promise<void> => {
  for (const { call } of buyers) {
    await eventually(
      'an end of all confirmations',
      async () => {
        const waiting = await call('GET /api/orders?status=confirming&limit=1');
        return waiting.body?.data?.length === 0 ? true : undefined;
      },
      limitMs,
    );
  }
};

const allOrders = async (call: Call): Promise<{ id: string; status: string; version: number }[]> => {
  const orders = [];
  let cursor: string | undefined;
  do {
    const page = await call(
      `GET /api/orders?limit=100${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`,
    );
    orders.push(...page.body.data);
    cursor = page.body.meta.nextCursor ?? undefined;
  } while (cursor);
  return orders;
};

/** 16 at a time: a thousand questions at once are more than the gateway lets in flight. */
const inTurns = async <T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> => {
  const results: R[] = [];
  for (let from = 0; from < items.length; from += 16) {
    results.push(...(await Promise.all(items.slice(from, from + 16).map(work))));
  }
  return results;
};

/** The versions of an order's events, and the state that the events alone give. */
const history = async (buyers: readonly SignedIn[], buyer: number, id: string) => {
  const call = (buyers[buyer] as SignedIn).call;
  const events = (await call(`GET /api/orders/${id}/events`)).body.data as { version: number }[];
  const versions = events.map(({ version }) => version);
  const folded = (await call(`GET /api/orders/${id}?asOfVersion=${versions.at(-1)}`)).body.data;
  return { versions, folded: folded.status as string };
};
