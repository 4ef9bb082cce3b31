import { randomIds } from '@gatehouse/contracts';
import { streamName } from '@gatehouse/event-store';
import { type Contender, compare, toLines } from './compare.ts';
import type { Options } from './options.ts';
import type { Site } from './site.ts';

/** About 300 bytes, as an order's line has them. */
export const exampleEvent = {
  type: 'order-item-added',
  item: {
    productId: '0198c0de-0000-7000-8000-000000000001',
    name: 'A product with a name of some length',
    quantity: 3,
    price: { amount: 1999, currency: 'EUR' },
  },
  note: 'x'.repeat(120),
  at: '2026-01-05T09:00:00.000Z',
};

/** One event at the end of a stream, each worker on its own, with the version as the lock. */
const appendContenders = ({ store, pool, emmett }: Site): readonly Contender[] => [
  {
    name: 'ours: append, expected version',
    prepare: async () => {
      const stream = streamName('bench', randomIds.next());
      let version = 0;
      return async () => {
        ({ version } = await store.append(stream, version, [exampleEvent]));
      };
    },
  },
  {
    // The least that anybody could do by hand: no stream's row, no order for readers; the unique version alone is the lock.
    name: 'hand-written insert, same columns and indexes',
    prepare: async () => {
      const stream = `bench-${randomIds.next()}`;
      let version = 0;
      return async () => {
        version += 1;
        const { type, ...data } = exampleEvent;
        await pool.query(
          `insert into inserted_events (xid, stream, version, category, id, type, schema_version, data, recorded_at)
           values (pg_current_xact_id(), $1, $2, 'bench', $3, $4, 1, $5::jsonb, $6)`,
          [stream, version, randomIds.next(), type, JSON.stringify(data), new Date().toISOString()],
        );
      };
    },
  },
  {
    name: '@event-driven-io/emmett-postgresql append',
    prepare: async () => {
      const stream = `bench-${randomIds.next()}`;
      const { type, ...data } = exampleEvent;
      let version = 0n;
      return async () => {
        const expected = version === 0n ? {} : { expectedStreamVersion: version };
        const result = await emmett.appendToStream(stream, [{ type, data }], expected);
        version = result.nextExpectedStreamVersion;
      };
    },
  },
];

export const measureAppend = async (site: Site, { rounds, seconds }: Options): Promise<string> => {
  const lines: string[] = [];
  for (const workers of [1, 20]) {
    const rates = await compare(appendContenders(site), { workers, rounds, seconds });
    lines.push(toLines(`Append of one event, ${workers} connection${workers === 1 ? '' : 's'}`, rates));
  }
  return lines.join('\n');
};
