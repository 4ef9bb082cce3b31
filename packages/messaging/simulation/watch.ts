import { comparePositions } from '@gatehouse/event-store';
import type { DatabaseServer } from './database-server.ts';
import { numberOf } from './id-of.ts';
import { consumers, type Plan, projectionName } from './plan.ts';
import type { Values } from './sql/execution.ts';
import type { MemoryDatabase } from './sql/memory-database.ts';

/**
 * Sees every commit and notes what must never happen: an effect of something that was never committed, the same effect
 * twice, one that comes before what precedes it in its subject, a checkpoint that goes back, a stream with a gap.
 */
export type Watch = Readonly<{
  violations(): readonly string[];
  /** Whether all that was asked for has had its effect, as far as it can have one. */
  isDrained(): boolean;
  /** Notes what is missing or too much at the end. */
  close(acknowledged: ReadonlySet<number>): void;
}>;

export type Watched = Readonly<{ plan: Plan; orders: DatabaseServer; stock: DatabaseServer }>;

const isForGood = (plan: Plan, consumer: string, number: number): boolean => {
  const kind = plan.troubles.get(`${consumer} ${number}`)?.kind;
  return kind === 'poison' || kind === 'hopeless';
};

export const createWatch = ({ plan, orders, stock }: Watched): Watch => {
  const violations: string[] = [];
  const effects = new Map<string, Values[]>();
  const lastVersions = new Map<string, number>();
  const violate = (text: string): void => {
    if (violations.length < 20 && !violations.includes(text)) violations.push(text);
  };

  const sourceOf = (consumer: string): MemoryDatabase =>
    consumer === 'orders.answers' ? stock.memory : orders.memory;
  /** What was said, or kept, for this consumer. */
  const wantedBy = (consumer: string): readonly Readonly<{ id: unknown; number: number }>[] =>
    consumer === projectionName
      ? orders.memory
          .rows('events')
          .map(({ id, data }) => ({ id, number: memberOf(data, 'number') as number }))
      : sourceOf(consumer)
          .rows('outbox')
          .map((row) => ({ id: row.event_id, number: numberOf(String(memberOf(row.data, 'authorId'))) }));

  const onEffect = (effect: Values): void => {
    const { consumer, event_id, subject, version, number } = effect;
    const label = `${consumer}: ${number} (${subject} ${version})`;
    const key = `${consumer} ${event_id}`;
    const same = [...(effects.get(key) ?? []), effect];
    effects.set(key, same);
    if (same.length > 1) violate(`twice: ${label}`);
    if (!wantedBy(String(consumer)).some(({ id }) => id === event_id)) violate(`from nothing: ${label}`);
    if (isForGood(plan, String(consumer), Number(number))) violate(`of a poisoned one: ${label}`);
    const lane = `${consumer} ${subject}`;
    if (same.length === 1 && Number(version) < (lastVersions.get(lane) ?? 0))
      violate(`out of order: ${label}`);
    lastVersions.set(lane, Math.max(Number(version), lastVersions.get(lane) ?? 0));
  };

  const onStream = (before: Values | null, after: Values | null): void => {
    if (after === null || Number(after.version) <= Number(before?.version ?? 0))
      violate('a stream went back');
  };

  for (const { memory } of [orders, stock]) {
    memory.onCommit((changes) => {
      for (const { table, before, after } of changes) {
        if (table === 'effects' && after !== null) onEffect(after);
        if (table === 'event_streams') onStream(before, after);
        if (table === 'event_checkpoints' && before !== null && after !== null) {
          const [from, to] = [before, after].map(({ xid, seq }) => `${xid}:${seq}`) as [string, string];
          if (comparePositions(to, from) < 0) violate(`a checkpoint went back from ${from} to ${to}`);
        }
        if (table === 'inbox' && before?.state === 'done' && after?.state !== 'done')
          violate(`undone: ${before.consumer} ${before.event_id}`);
      }
    });
  }

  const settledIn = (consumer: string): ReadonlySet<unknown> => {
    const dead =
      consumer === projectionName
        ? orders.memory.rows('event_parked')
        : deadLettersOf(consumer).map((row) => row);
    const done = [...effects.values()].flat().filter((effect) => effect.consumer === consumer);
    return new Set([...dead, ...done].map(({ event_id }) => event_id));
  };
  const deadLettersOf = (consumer: string): readonly Values[] =>
    (consumer.startsWith('stock') ? stock : orders).memory
      .rows('dead_letters')
      .filter((row) => row.consumer === consumer);

  const pendingRows = (): readonly string[] =>
    [orders, stock].flatMap(({ memory }) => [
      ...memory
        .rows('outbox')
        .flatMap(({ sent_at, event_id }) => (sent_at === null ? [`unsent: ${event_id}`] : [])),
      ...memory
        .rows('inbox')
        .flatMap(({ state, consumer, event_id }) =>
          state === 'pending' ? [`pending: ${consumer} ${event_id}`] : [],
        ),
    ]);

  const all = [...consumers, projectionName];
  const missing = (): readonly string[] =>
    all.flatMap((consumer) => {
      const settled = settledIn(consumer);
      return wantedBy(consumer)
        .filter(({ id }) => !settled.has(id))
        .map(({ number }) => `lost: ${consumer} ${number}`);
    });

  return {
    violations: () => violations,
    isDrained: () => pendingRows().length === 0 && missing().length === 0,
    close: (acknowledged) => {
      for (const text of [...pendingRows(), ...missing()]) violate(text);
      const kept = orders.memory.rows('events').map(({ data }) => memberOf(data, 'number'));
      for (const number of acknowledged)
        if (!kept.includes(number)) violate(`acknowledged and not kept: ${number}`);
      for (const { number } of plan.commands)
        if (kept.filter((one) => one === number).length > 1) violate(`kept twice: ${number}`);
      for (const stream of new Set(orders.memory.rows('events').map((row) => row.stream))) {
        const versions = orders.memory
          .rows('events')
          .filter((row) => row.stream === stream)
          .map(({ version }) => Number(version));
        if (versions.toSorted((a, b) => a - b).some((version, i) => version !== i + 1))
          violate(`a gap in ${stream}: ${versions}`);
      }
      for (const consumer of all) {
        const dead =
          consumer === projectionName ? orders.memory.rows('event_parked') : deadLettersOf(consumer);
        const byId = new Map(wantedBy(consumer).map(({ id, number }) => [id, number]));
        for (const { event_id } of dead) {
          const number = byId.get(event_id) ?? -1;
          if (!isForGood(plan, consumer, number)) violate(`parked without a reason: ${consumer} ${number}`);
        }
        if (new Set(dead.map(({ event_id }) => event_id)).size < dead.length)
          violate(`parked twice: ${consumer}`);
      }
    },
  };
};

const memberOf = (data: unknown, name: string): unknown =>
  (data as { value: Record<string, unknown> }).value[name];
