import type { AnyDb } from '@gatehouse/database';
import { createOrderSummaries } from '@gatehouse/orders/list';
import { sql } from 'kysely';
import { type Contender, compare, toLines } from './compare.ts';
import type { Options } from './options.ts';
import type { Site } from './site.ts';

const few = 10_000;
const limit = 10;
const customers = 100;

/** What `GET /api/orders` asks of the read model: a page and its total; the first, and the deepest that there is. */
export const measureList = async (
  { database }: Site,
  { rounds, seconds, orders }: Options,
): Promise<string> => {
  const { db } = database;
  const summaries = createOrderSummaries(db);
  const rates: string[] = [];
  const perSecond = new Map<string, number>();
  for (const count of [few, orders]) {
    await seed(db, count);
    const contenders = await Promise.all(
      [undefined, customerOf(1)].flatMap((customerId) => {
        const filter = { customerId };
        const who = customerId === undefined ? 'all orders' : 'one customer’s';
        const page = (name: string, afterId: string | undefined): Contender => ({
          name: `${name} of ${who}`,
          prepare: async () => async () => {
            const [found, total] = await Promise.all([
              summaries.list(filter, { limit: limit + 1, offset: 0, afterId }),
              summaries.count(filter),
            ]);
            const wanted = customerId === undefined ? count : count / customers;
            if (found.length === 0 || total !== wanted) throw new Error(`${total} of ${wanted} orders`);
          },
        });
        return [
          Promise.resolve(page('first page', undefined)),
          deepest(db, filter).then((id) => page('deepest page', id)),
        ];
      }),
    );
    const measured = await compare(contenders, { workers: 1, rounds, seconds });
    for (const rate of measured) perSecond.set(`${rate.name} ${count}`, rate.perSecond);
    rates.push(toLines(`List of orders, ${count} of them`, measured));
  }
  const names = [
    'first page of all orders',
    'deepest page of all orders',
    'first page of one customer’s',
    'deepest page of one customer’s',
  ];
  const grown = names.map((name) => {
    const ratio = (perSecond.get(`${name} ${few}`) ?? 0) / (perSecond.get(`${name} ${orders}`) ?? 1);
    return `  ${name.padEnd(32)} costs ${ratio.toFixed(2)} x at ${orders} orders of what it costs at ${few} (at most 1.5)`;
  });
  return [...rates, ...grown].join('\n');
};

const customerOf = (n: number): string => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`;

const deepest = async (
  db: AnyDb,
  { customerId }: Readonly<{ customerId: string | undefined }>,
): Promise<string> => {
  const { rows } = await sql<{ id: string }>`
    select id from order_summaries where ${customerId === undefined ? sql`true` : sql`customer_id = ${customerId}`}
    order by id offset ${limit} limit 1`.execute(db);
  return rows[0]?.id ?? '';
};

/** Ids in order of time, as those of orders are. */
const seed = async (db: AnyDb, count: number): Promise<void> => {
  await sql`truncate order_summaries, order_totals`.execute(db);
  await sql`
    insert into order_summaries (id, customer_id, status, version, state)
    select ('01980000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
      ('00000000-0000-7000-8000-' || lpad((n % ${customers}::integer)::text, 12, '0'))::uuid,
      'draft', 1, jsonb_build_object('status', 'draft', 'customerId', 'somebody', 'createdAt', '2026-01-05T09:00:00.000Z',
        'items', jsonb_build_array(jsonb_build_object('productId', 'tea', 'name', 'Tea', 'quantity', 1,
          'price', jsonb_build_object('amount', 500, 'currency', 'EUR'))))
    from generate_series(1, ${count}::integer) n`.execute(db);
  await sql`
    insert into order_totals (customer_id, status, orders)
    select coalesce(customer_id, '00000000-0000-0000-0000-000000000000'), status, count(*)
    from order_summaries group by grouping sets ((customer_id, status), (status))`.execute(db);
  await sql`vacuum analyze order_summaries, order_totals`.execute(db);
};
