import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Call } from '../src/client.ts';
import type { Ledger } from './ledger.ts';

export type StreamCounts = { created: number; confirmAccepted: number; repeated: number; unanswered: number };

/**
 * One buyer who orders one piece after the other until told to stop. A request without an answer is sent again with the
 * same Idempotency-Key, as a good client does: the answer may come from before the crash, the effect may come once.
 */
export const streamOrders = async (o: {
  call: () => Call;
  buyer: number;
  productId: string;
  ledger: Ledger;
  counts: StreamCounts;
  stopped: () => boolean;
  whenUp: () => Promise<void>;
  /** Between two orders. */
  pauseMs?: number;
  /** It was taken, and is not confirmed yet. */
  onCreated?: (orderId: string) => Promise<void>;
}): Promise<void> => {
  while (!o.stopped()) {
    if (o.pauseMs) await delay(o.pauseMs);
    const order = await insist(o, 'POST /api/orders', { items: [{ productId: o.productId, quantity: 1 }] });
    if (order.status !== 201) throw new Error(`order: ${order.status} ${JSON.stringify(order.body)}`);
    const { id } = order.body.data;
    o.ledger.record({ orderId: id, buyer: o.buyer, step: 'created' });
    o.counts.created += 1;
    await o.onCreated?.(id);

    const confirmed = await insist(o, `POST /api/orders/${id}/confirm`, undefined);
    if (confirmed.status !== 202)
      throw new Error(`confirm: ${confirmed.status} ${JSON.stringify(confirmed.body)}`);
    o.ledger.record({ orderId: id, buyer: o.buyer, step: 'confirm-accepted' });
    o.counts.confirmAccepted += 1;
  }
};

/** Repeats until there is an answer that settles the matter; 5xx and 409 in progress do not. */
const insist = async (
  o: { call: () => Call; counts: StreamCounts; whenUp: () => Promise<void> },
  line: `POST /${string}`,
  body: unknown,
) => {
  const headers = { 'idempotency-key': randomUUID() };
  for (let tries = 0; tries < 200; tries += 1) {
    const answer = await o
      .call()(line, { headers, ...(body === undefined ? {} : { body }) })
      .catch(() => undefined);
    const inProgress = answer?.status === 409 && answer.body?.code === 'idempotency_in_progress';
    if (answer && answer.status < 500 && !inProgress) {
      if (answer.headers.get('idempotency-replayed') === 'true') o.counts.repeated += 1;
      return answer;
    }
    o.counts.unanswered += 1;
    await o.whenUp();
  }
  throw new Error(`${line} had no answer in 200 tries`);
};
