import { type Call, eventually, type SignedIn } from '../src/client.ts';
import { type Conservation, type Evidence, judgeConservation, type ListedOrder } from './conservation.ts';
import type { LedgerLine } from './ledger.ts';
import { readMessages } from './message-evidence.ts';

export type EvidenceParts = Readonly<{
  lines: readonly LedgerLine[];
  buyers: readonly SignedIn[];
  admin: SignedIn;
  productId: string;
  stockAtFirst: number;
  /** Orders whose messages were poisoned. */
  poisoned?: readonly string[];
  /** Of `users`, `posts`, `orders`: then outboxes and inboxes count too. */
  databaseUrl?: (service: string) => string;
}>;

/** Asks the product for all that it has of a run, by its public API, and judges it. */
export const checkConservation = async (parts: EvidenceParts): Promise<Conservation> =>
  judgeConservation(await gatherEvidence(parts));

const gatherEvidence = async (parts: EvidenceParts): Promise<Evidence> => {
  const listed: ListedOrder[] = [];
  const owners = new Map<string, Call>();
  for (const { call } of parts.buyers) {
    for (const order of await allOrders(call)) {
      listed.push(order);
      owners.set(order.id, call);
    }
  }
  const ids = [...owners.keys()];
  const histories = await inTurns(
    [...owners],
    async ([id, call]) => [id, await readHistory(call, id)] as const,
  );
  const product = (await parts.admin.call(`GET /api/products/${parts.productId}`)).body.data;
  const dead = await deadSubjects(parts.admin.call);
  const messages = parts.databaseUrl && (await readMessages(parts.databaseUrl, ids));
  return {
    lines: parts.lines,
    listed,
    histories: new Map(histories),
    product: { price: product.price.amount, stockAtFirst: parts.stockAtFirst, stock: product.stock },
    deadLetters: dead,
    poisoned: parts.poisoned ?? [],
    ...(messages === undefined ? {} : { messages }),
  };
};

/** Waits until no order is on its way any more, those excepted. */
export const whenSettled = async (
  buyers: readonly SignedIn[],
  limitMs = 15_000,
  except: ReadonlySet<string> = new Set(),
): Promise<void> => {
  for (const { call } of buyers) {
    await eventually(
      'an end of all confirmations',
      async () => {
        const waiting = await call('GET /api/orders?status=confirming&limit=100').catch(() => undefined);
        const ids = (waiting?.body?.data as { id: string }[] | undefined)?.map(({ id }) => id);
        return ids?.every((id) => except.has(id)) ? true : undefined;
      },
      limitMs,
    );
  }
};

const deadSubjects = async (call: Call): Promise<readonly string[]> => {
  const letters = (await call('GET /admin/dead-letters?limit=1000')).body.data as {
    subject?: string;
    id: string;
  }[];
  return letters.map(({ subject, id }) => subject ?? id);
};

type Answer = Readonly<{
  id: string;
  status: string;
  version: number;
  totalAmount: Readonly<{ amount: number }> | null;
}>;

const toListed = ({ id, status, version, totalAmount }: Answer): ListedOrder => ({
  ...{ id, status, version },
  total: totalAmount?.amount ?? 0,
});

const allOrders = async (call: Call): Promise<readonly ListedOrder[]> => {
  const orders: ListedOrder[] = [];
  let cursor: string | undefined;
  do {
    const page = await call(
      `GET /api/orders?limit=100${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`,
    );
    orders.push(...(page.body.data as Answer[]).map(toListed));
    cursor = page.body.meta.nextCursor ?? undefined;
  } while (cursor);
  return orders;
};

const readHistory = async (call: Call, id: string) => {
  const events = (await call(`GET /api/orders/${id}/events`)).body.data as {
    version: number;
    type: string;
  }[];
  const versions = events.map(({ version }) => version);
  const folded = (await call(`GET /api/orders/${id}?asOfVersion=${versions.at(-1)}`)).body.data;
  return { versions, types: events.map(({ type }) => type), folded: toListed(folded) };
};

/** 16 at a time: a thousand questions at once are more than the gateway lets in flight. */
const inTurns = async <T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> => {
  const results: R[] = [];
  for (let from = 0; from < items.length; from += 16) {
    results.push(...(await Promise.all(items.slice(from, from + 16).map(work))));
  }
  return results;
};
