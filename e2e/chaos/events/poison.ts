import { type AnyDb, openDatabase } from '@gatehouse/database';
import { sql } from 'kysely';
import { eventually, signInAdministrator } from '../../src/client.ts';
import { judge, type Result } from '../gateway/result.ts';
import { type EventsLab, ordersFor, underOrders } from './events-lab.ts';
import { factsOf } from './facts.ts';

/** 5 quick tries, then after 10, 20 and 30 s: 60 s of delays. */
const poisonDrainLimitMs = 70_000;
const poisonMessages = 20;

/**
 * Orders whose confirmation can never be answered: the database refuses the answer's event. Each fails eight times and becomes
 * a dead letter; all others go on meanwhile. With the cause away, a replay answers them too.
 */
export const poison = async (lab: EventsLab): Promise<Result> => {
  const url = lab.product.servers.postgres.databaseUrl('orders');
  const database = openDatabase({ url, applicationName: 'chaos', poolSize: 2 });
  const { db }: { db: AnyDb } = database;
  const poisoned: string[] = [];
  let deadMs = 0;
  const isWanted = everyNth(ordersFor(lab).atLeast / (poisonMessages + 5));
  try {
    await plant(db);
    const result = await underOrders(lab, {
      orders: ordersFor(lab),
      // The rest of the time is waiting.
      stopsWhenEnough: true,
      onCreated: async (orderId) => {
        if (poisoned.length >= poisonMessages || !isWanted()) return;
        poisoned.push(orderId);
        await sql`insert into chaos_poison (stream) values (${`order-${orderId}`})`.execute(db);
      },
      fault: async () => {
        await eventually(
          'all poison taken',
          async () => (poisoned.length === poisonMessages ? true : undefined),
          300_000,
        );
        deadMs = await whenDead(db, poisoned);
      },
      poisoned: () => poisoned,
    });
    const tries = await triesOf(db, poisoned);
    await cure(db);
    const replayed = await replayAll(lab, db, poisoned);
    return judge({
      facts: { ...factsOf(result), faults: { 'poison message': poisoned.length }, tries, deadMs, replayed },
      proved: poisoned.length === poisonMessages && tries.every((count) => count === 8),
      bounds: {
        'every rule of conservation': result.brokenRules.length === 0,
        'a replay answers all of them': replayed === poisonMessages,
      },
      timed: { 'dead within 70 s of the last': deadMs <= poisonDrainLimitMs },
    });
  } finally {
    await cure(db);
    await database.close();
  }
};

const everyNth = (n: number): (() => boolean) => {
  let seen = 0;
  return () => Math.floor(++seen % Math.max(1, Math.floor(n))) === 0;
};

const plant = async (db: AnyDb): Promise<void> => {
  await sql`create table if not exists chaos_poison (stream text primary key)`.execute(db);
  await sql`
    create or replace function chaos_refuse() returns trigger language plpgsql as $$
      begin
        if new.type in ('order-confirmed', 'order-rejected')
          and exists (select 1 from chaos_poison p where p.stream = new.stream) then
          raise exception 'poisoned';
        end if;
        return new;
      end $$`.execute(db);
  await sql`
    create or replace trigger chaos_refuse before insert on events
      for each row execute function chaos_refuse()`.execute(db);
};

const cure = async (db: AnyDb): Promise<void> => {
  await sql`drop trigger if exists chaos_refuse on events`.execute(db);
  await sql`drop table if exists chaos_poison`.execute(db);
};

const openLetters = async (lab: EventsLab): Promise<readonly { id: string; subject: string }[]> => {
  const admin = await signInAdministrator(lab.product.gateways[0] ?? '');
  return (await admin.call('GET /admin/dead-letters?limit=1000')).body.data;
};

/** How long that took, from the last one's poisoning on. */
const whenDead = async (db: AnyDb, poisoned: readonly string[]): Promise<number> => {
  const startedAt = performance.now();
  await eventually(
    'all poison in the dead letters',
    async () => ((await triesOf(db, poisoned)).length === poisoned.length ? true : undefined),
    120_000,
  );
  return Math.round(performance.now() - startedAt);
};

const triesOf = async (db: AnyDb, poisoned: readonly string[]): Promise<readonly number[]> => {
  const { rows } = await sql<{ attempts: number }>`
    select attempts from dead_letters where subject = any(${[...poisoned]}::text[])`.execute(db);
  return rows.map(({ attempts }) => attempts);
};

/** How many were answered after all. */
const replayAll = async (lab: EventsLab, db: AnyDb, poisoned: readonly string[]): Promise<number> => {
  const admin = await signInAdministrator(lab.product.gateways[0] ?? '');
  for (const { id, subject } of await openLetters(lab))
    if (poisoned.includes(subject)) await admin.call(`POST /admin/dead-letters/${id}/replay`, { body: {} });
  const countAnswered = async (): Promise<number> => {
    const { rows } = await sql<{ answered: number }>`
      select count(*)::integer as answered from events
      where stream = any(${poisoned.map((id) => `order-${id}`)}::text[])
        and type in ('order-confirmed', 'order-rejected')`.execute(db);
    return rows[0]?.answered ?? 0;
  };
  await eventually('an answer to each', async () =>
    (await countAnswered()) === poisoned.length ? true : undefined,
  ).catch(() => {});
  return countAnswered();
};
