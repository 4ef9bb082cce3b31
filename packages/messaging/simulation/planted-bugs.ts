import type { EventEnvelope } from '@gatehouse/contracts';
import type { AnyTx } from '@gatehouse/database';
import type { Bug } from './bug.ts';

const mustChange = (before: string, after: string, what: string): string => {
  if (before === after) throw new TypeError(`${what} was not found: the planted bug would be none`);
  return after;
};

/**
 * Mistakes that systems of this kind are known for, each planted around the code of the product. They show that the
 * simulation would notice: a checker that finds nothing proves nothing until it has found something.
 */
export const plantedBugs = {
  'ack before commit': {
    wrapTransport: (transport) => ({
      ...transport,
      subscribe: (subscription) =>
        transport.subscribe({
          ...subscription,
          // Answers at once, and stores afterwards.
          store: async (batch) => void subscription.store(batch).catch(() => {}),
        }),
    }),
  },
  'no inbox': {
    wrapTransport: (transport, { transact, find }) => ({
      ...transport,
      subscribe: (subscription) =>
        transport.subscribe({
          ...subscription,
          store: (batch) =>
            transact(async (tx: AnyTx) => {
              for (const event of batch as readonly EventEnvelope[])
                await find(subscription.queue)?.handle(event, tx);
            }),
        }),
    }),
  },
  'position-only checkpoint': {
    interference: {
      rewrite: (text) => {
        if (!text.includes('pg_snapshot_xmin') || !/order by e\.xid, e\.seq/.test(text)) return text;
        const byNumber = text
          .replace(
            /\(e\.xid, e\.seq\) > \((\$\d+)::xid8, (\$\d+)::bigint\)/g,
            '$1::xid8 >= 0 and e.seq > $2::bigint',
          )
          .replaceAll(/order by (\w+)\.xid, \1\.seq/g, 'order by $1.seq');
        const unguarded = byNumber.replaceAll('e.xid < pg_snapshot_xmin(pg_current_snapshot())', 'true');
        mustChange(text, byNumber, 'the order of events');
        return mustChange(byNumber, unguarded, 'the guard against gaps');
      },
    },
  },
  'publish before commit': {
    beforeCommit: async (event, transport) => {
      await transport.publish([event]).catch(() => {});
    },
  },
  'checkpoint outside the transaction': {
    interference: {
      escapes: (text) =>
        /update event_checkpoints/.test(text) ||
        (/from event_checkpoints/.test(text) && /for update/.test(text)),
    },
  },
  'retry of a POST without its key': { forgetsKeys: true },
  'marked before it was published': {
    wrapTransport: (transport) => ({
      ...transport,
      // Says that it is stored, and sends it afterwards.
      publish: async (batch) => {
        void transport.publish(batch).catch(() => {});
        return batch.map(() => ({ status: 'stored' as const }));
      },
    }),
  },
  'effect outside the transaction': {
    interference: { escapes: (text) => /insert into effects/.test(text) },
  },
  'no order within a subject': {
    interference: {
      rewrite: (text) =>
        /for update skip locked/.test(text) && /from inbox/.test(text)
          ? mustChange(
              text,
              text.replace(/order by position\s+limit 1/, 'order by position desc limit 1'),
              'the order',
            )
          : text,
    },
  },
} as const satisfies Readonly<Record<string, Bug>>;
