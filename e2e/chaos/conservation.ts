import type { LedgerLine } from './ledger.ts';

/** An order as a list has it. */
export type ListedOrder = Readonly<{ id: string; status: string; version: number; total: number }>;

/** The events of an order, and the order that they give when they are folded. */
export type OrderHistory = Readonly<{
  versions: readonly number[];
  types: readonly string[];
  folded: Omit<ListedOrder, 'id'>;
}>;

/** What stands in the outboxes and inboxes of the services. */
export type MessageEvidence = Readonly<{
  /** What orders announced: one for each event of a stream. */
  announced: readonly Readonly<{ orderId: string; version: number }>[];
  /** Confirmations in the inbox of who answers them. */
  answered: readonly Readonly<{ orderId: string; state: string }>[];
  /** Of every service: not sent, not worked off, not applied. */
  unsent: number;
  pending: number;
  behind: number;
}>;

/** All that is known after a run, from the client and from the product. */
export type Evidence = Readonly<{
  lines: readonly LedgerLine[];
  /** Every order of every buyer, as often as the lists have it. */
  listed: readonly ListedOrder[];
  histories: ReadonlyMap<string, OrderHistory>;
  /** Each order is one piece of it. */
  product: Readonly<{ price: number; stockAtFirst: number; stock: number }>;
  /** The aggregates of open dead letters and parked events. */
  deadLetters: readonly string[];
  /** Those that were poisoned: each has to be in the dead letters, and nothing else. */
  poisoned: readonly string[];
  /** Only where the databases can be read. */
  messages?: MessageEvidence;
}>;

/** Counts of what does not add up: each has to be 0. */
export type Shortfalls = Readonly<{
  /** Acknowledged, and in no list; or without the event that made it. */
  lost: number;
  /** Acknowledged by the same request twice, listed twice, created twice or confirmed twice. */
  doubled: number;
  /** Its confirmation was taken and never answered. */
  stuck: number;
  streamsWithGaps: number;
  foldingDiffers: number;
  stockMissing: number;
  moneyMissing: number;
  notInInbox: number;
  notAnnouncedOnce: number;
  undelivered: number;
  deadForNoReason: number;
  poisonNotDead: number;
}>;

export type Conservation = Shortfalls &
  Readonly<{
    acknowledged: number;
    confirmed: number;
    rejected: number;
    stockLeft: number;
    poisoned: number;
  }>;

/** True when every acknowledged order stands once everywhere, nothing is stuck, stock and money add up. */
export const holds = (c: Conservation): boolean => shortfallsOf(c).length === 0;

/** The rules that are broken, by name. */
export const shortfallsOf = (c: Conservation): readonly (keyof Shortfalls)[] =>
  rules.filter((rule) => c[rule] !== 0);

const rules = [
  ...([
    'lost',
    'doubled',
    'stuck',
    'streamsWithGaps',
    'foldingDiffers',
    'stockMissing',
    'moneyMissing',
  ] as const),
  ...(['notInInbox', 'notAnnouncedOnce', 'undelivered', 'deadForNoReason', 'poisonNotDead'] as const),
] as const satisfies readonly (keyof Shortfalls)[];

/** Holds what the client was told against what the product has. */
export const judgeConservation = (evidence: Evidence): Conservation => {
  const { lines, listed, histories, product, deadLetters, poisoned, messages } = evidence;
  const orders = new Map(listed.map((order) => [order.id, order]));
  const acknowledged = idsOf(lines, 'created');
  const accepted = idsOf(lines, 'confirm-accepted');
  const confirmed = [...orders.values()].filter(({ status }) => status === 'confirmed');
  const sold = product.stockAtFirst - product.stock;
  const isAnswered = (id: string): boolean =>
    ['confirmed', 'rejected'].includes(orders.get(id)?.status ?? '');
  return {
    acknowledged: acknowledged.size,
    confirmed: confirmed.length,
    rejected: [...orders.values()].filter(({ status }) => status === 'rejected').length,
    stockLeft: product.stock,
    poisoned: poisoned.length,
    lost: count(acknowledged, (id) => !orders.has(id) || !histories.get(id)?.types.includes('order-created')),
    doubled: count(orders.keys(), (id) => isDoubled(evidence, id)),
    stuck: count(accepted, (id) => !isAnswered(id) && !poisoned.includes(id)),
    streamsWithGaps: count(histories.values(), ({ versions }) =>
      versions.some((version, n) => version !== n + 1),
    ),
    foldingDiffers: count(orders.values(), (order) => !isSame(order, histories.get(order.id)?.folded)),
    stockMissing: sold - confirmed.length,
    moneyMissing: sold * product.price - confirmed.reduce((sum, { total }) => sum + total, 0),
    deadForNoReason: count(deadLetters, (id) => !poisoned.includes(id)),
    poisonNotDead: count(poisoned, (id) => deadLetters.filter((dead) => dead === id).length !== 1),
    ...judgeMessages(evidence, messages, accepted),
  };
};

const judgeMessages = (
  { histories, poisoned }: Evidence,
  messages: MessageEvidence | undefined,
  accepted: ReadonlySet<string>,
) => {
  if (messages === undefined) return { notInInbox: 0, notAnnouncedOnce: 0, undelivered: 0 };
  const answered = Map.groupBy(messages.answered, ({ orderId }) => orderId);
  const announced = Map.groupBy(messages.announced, ({ orderId, version }) => `${orderId} ${version}`);
  const stands = (id: string): boolean => {
    const rows = answered.get(id) ?? [];
    const wanted = poisoned.includes(id) ? 'dead' : 'done';
    return rows.length === 1 && rows[0]?.state === wanted;
  };
  const events = [...histories].flatMap(([id, { versions }]) =>
    versions.map((version) => `${id} ${version}`),
  );
  const tooMany = messages.announced.length - announced.size;
  return {
    notInInbox: count(accepted, (id) => !stands(id)),
    notAnnouncedOnce: count(events, (event) => !announced.has(event)) + tooMany,
    undelivered: messages.unsent + messages.pending + messages.behind,
  };
};

const isDoubled = ({ lines, listed, histories }: Evidence, id: string): boolean => {
  const types = histories.get(id)?.types ?? [];
  const times = (items: readonly string[], wanted: string): number => count(items, (item) => item === wanted);
  return (
    count(listed, (order) => order.id === id) > 1 ||
    count(lines, (line) => line.orderId === id && line.step === 'created') > 1 ||
    ['order-created', 'order-confirmed', 'order-rejected'].some((type) => times(types, type) > 1)
  );
};

const isSame = (order: ListedOrder, folded: OrderHistory['folded'] | undefined): boolean =>
  folded?.status === order.status && folded.version === order.version && folded.total === order.total;

const idsOf = (lines: readonly LedgerLine[], wanted: LedgerLine['step']): ReadonlySet<string> =>
  new Set(lines.filter(({ step }) => step === wanted).map(({ orderId }) => orderId));

const count = <T>(items: Iterable<T>, holdsFor: (item: T) => boolean): number => {
  let found = 0;
  for (const item of items) if (holdsFor(item)) found += 1;
  return found;
};
