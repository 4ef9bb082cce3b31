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
  const product = (await read(parts.admin.call, `GET /api/products/${parts.productId}`)).data;
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

const patienceMs = 20_000;

/**
 * The body of an answer that is whole. Asked for again while there is none: a fault may leave breakers open for some seconds, and how
 * long the product takes to recover is measured elsewhere. @throws Error with the last answer
 */
const read = async (call: Call, line: `GET /${string}`) => {
  let last: unknown;
  const whole = async () => {
    const { status, body } = await call(line);
    last = { status, code: body?.code, unavailable: body?.meta?.unavailable };
    return status === 200 && !body.meta?.unavailable?.length ? body : undefined;
  };
  return eventually(`a whole answer to ${line}`, whole, patienceMs).catch((error: Error) => {
    throw new Error(`${error.message} The last one: ${JSON.stringify(last)}`);
  });
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
  const letters = (await read(call, 'GET /admin/dead-letters?limit=1000')).data as {
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
    const page = await read(
      call,
      `GET /api/orders?limit=100${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`,
    );
    orders.push(...(page.data as Answer[]).map(toListed));
    cursor = page.meta.nextCursor ?? undefined;
  } while (cursor);
  return orders;
};

const readHistory = async (call: Call, id: string) => {
  const events = (await read(call, `GET /api/orders/${id}/events`)).data as {
    version: number;
    type: string;
  }[];
  const versions = events.map(({ version }) => version);
  const folded = (await read(call, `GET /api/orders/${id}?asOfVersion=${versions.at(-1)}`)).data;
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
