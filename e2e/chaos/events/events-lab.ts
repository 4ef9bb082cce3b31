import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { seededRandom } from '@gatehouse/testing';
import {
  type Call,
  clientOf,
  eventually,
  newUser,
  password,
  type SignedIn,
  signIn,
  signInAdministrator,
} from '../../src/client.ts';
import type { ProductOnServers } from '../../src/servers-product.ts';
import { type Conservation, shortfallsOf } from '../conservation.ts';
import { checkConservation, whenSettled } from '../evidence.ts';
import { openLedger } from '../ledger.ts';
import { openDeliveries } from '../message-evidence.ts';
import { type StreamCounts, streamOrders } from '../order-stream.ts';
import type { ChaosHooks } from './chaos-hooks.ts';

/** The product on real servers, and what an experiment may do to it. */
export type EventsLab = Readonly<{
  product: ProductOnServers;
  hooks: ChaosHooks;
  short: boolean;
  /** Where the client keeps its ledger: never on a disk that an experiment fills. */
  folder: string;
  seed: number;
  random: () => number;
  /** What is on a disk that can be filled; undefined where none could be made. */
  smallDisk: Readonly<{ fill(): Promise<number>; free(): Promise<void> }> | undefined;
}>;

/** Orders under a fault: how many, what happened to them, and what is left of the rules. */
export type UnderOrders = StreamCounts &
  Conservation &
  Readonly<{ brokenRules: readonly string[]; drainedMs: number; seed: number }>;

export type Scenario = Readonly<{
  /** The fault begins when so many orders have been taken, and they go on until this many have been at the least. */
  orders: Readonly<{ before: number; atLeast: number }>;
  fault: (load: Readonly<{ taken: () => number }>) => Promise<void>;
  /** Ids of orders whose messages are poisoned, when all is over. */
  poisoned?: () => readonly string[];
  /** An order was taken and is not confirmed yet. */
  onCreated?: (orderId: string) => Promise<void>;
  /** No more orders than the least, however long the fault takes. */
  stopsWhenEnough?: boolean;
  buyers?: number;
  drainLimitMs?: number;
}>;

/** Both forms of every experiment. */
export const ordersFor = ({ short }: EventsLab): Scenario['orders'] =>
  short ? { before: 50, atLeast: 150 } : { before: 4_500, atLeast: 5_000 };

/**
 * Of each buyer between two orders: some 40 orders a second, a third of what this product takes on two cores. Without it the load takes
 * every processor that a broker's absence leaves free, and what has to be worked off afterwards is as long as the absence.
 */
const pauseMs = 150;

const stockOf = ({ atLeast }: Scenario['orders']): number => Math.ceil(atLeast * 0.9);

/** A stream of orders around a fault, then the client's ledger held against the product and its databases. */
export const underOrders = async (lab: EventsLab, scenario: Scenario): Promise<UnderOrders> => {
  const { product, folder, seed } = lab;
  const [url = ''] = product.gateways;
  const admin = await signInAdministrator(url);
  const stockAtFirst = stockOf(scenario.orders);
  const productId = await createProduct(admin, stockAtFirst);
  const buyers = await Promise.all(
    Array.from({ length: scenario.buyers ?? 8 }, () => newUser(url, admin, 'Chaos')),
  );
  const ledger = openLedger(join(folder, `ledger-${productId}.jsonl`));
  const counts: StreamCounts = { created: 0, confirmAccepted: 0, repeated: 0, unanswered: 0 };
  let stopped = false;
  const streams = buyers.map((buyer, n) =>
    streamOrders({
      call: renewing(product.gateways[n % product.gateways.length] ?? url, buyer),
      ...{ buyer: n, productId, ledger, counts, pauseMs },
      ...(scenario.onCreated === undefined ? {} : { onCreated: scenario.onCreated }),
      stopped: () =>
        stopped || (scenario.stopsWhenEnough === true && counts.created >= scenario.orders.atLeast),
      whenUp: () => delay(300),
    }),
  );
  const failed = Promise.all(streams).then(
    () => new Promise<never>(() => {}),
    (error: unknown) => {
      throw error;
    },
  );
  const whenTaken = async (wanted: number): Promise<void> => {
    while (counts.created < wanted) await delay(20);
  };
  await Promise.race([whenTaken(scenario.orders.before), failed]);
  await Promise.race([scenario.fault({ taken: () => counts.created }), failed]);
  const healedAt = performance.now();
  const isEnough = counts.created >= scenario.orders.atLeast;
  await Promise.race([whenTaken(scenario.orders.atLeast), failed]);
  stopped = true;
  await Promise.all(streams);
  const endedAt = performance.now();
  const poisoned = scenario.poisoned?.() ?? [];
  await whenDrained(lab, scenario.drainLimitMs ?? 180_000);
  // From the fault's end; from the load's, when the load had to go on for its number.
  const drainedMs = Math.round(performance.now() - (isEnough ? healedAt : endedAt));
  const again = await Promise.all(buyers.map(({ email }) => signInAgain(url, email)));
  await whenSettled(again, 15_000, new Set(poisoned));
  const adminAgain = await signInAdministrator(url);
  const evidence = {
    ...{ lines: ledger.lines(), buyers: again, admin: adminAgain, productId, stockAtFirst, poisoned },
    databaseUrl: product.servers.postgres.databaseUrl,
  };
  // Announcements follow what they announce: the rows have a moment to be marked.
  const conservation = await settledConservation(() => checkConservation(evidence));
  ledger.close();
  return { ...counts, ...conservation, brokenRules: shortfallsOf(conservation), drainedMs, seed };
};

/** Nothing unsent, nothing pending, every read model at the end of its events: asked of the databases themselves. */
const whenDrained = async ({ product }: EventsLab, limitMs: number): Promise<void> => {
  const deliveries = openDeliveries(product.servers.postgres.databaseUrl);
  try {
    await eventually(
      'an end of all deliveries',
      async () => {
        await delay(250);
        return (await deliveries.count().catch(() => 1)) === 0 ? true : undefined;
      },
      limitMs,
    );
  } finally {
    await deliveries.close();
  }
};

/** Right after a start a gateway may know of no instance yet. */
const createProduct = (admin: SignedIn, stock: number): Promise<string> => {
  const headers = { 'idempotency-key': randomUUID() };
  const price = { amount: 500, currency: 'EUR' };
  const body = { sku: randomUUID().slice(0, 20), name: 'Widget', price, stock };
  return eventually('a product', async () => {
    const created = await admin.call('POST /api/products', { headers, body });
    return created.body?.data?.id as string | undefined;
  });
};

const settledConservation = async (check: () => Promise<Conservation>): Promise<Conservation> => {
  let last = await check();
  for (let tries = 0; last.undelivered > 0 && tries < 20; tries += 1) {
    await delay(500);
    last = await check();
  }
  return last;
};

/** A token lasts 15 minutes, and less when a clock jumps: whoever is no longer known signs in again, as a client does. */
const renewing = (url: string, buyer: SignedIn): (() => Call) => {
  let call = clientOf(url, buyer.token);
  const renewed: Call = async (line, options) => {
    const answer = await call(line, options);
    if (answer.status !== 401) return answer;
    call = (await signInAgain(url, buyer.email)).call;
    return call(line, options);
  };
  return () => renewed;
};

const signInAgain = (url: string, email: string): Promise<SignedIn> =>
  eventually(`a sign-in of ${email}`, () => signIn(url, email, password).catch(() => undefined), 60_000);

export const seedOf = (given: string | undefined): { seed: number; random: () => number } => {
  const seed = Number(given ?? Math.floor(Math.random() * 1_000_000));
  return { seed, random: seededRandom(seed) };
};
