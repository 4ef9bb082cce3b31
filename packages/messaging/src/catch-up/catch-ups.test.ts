import { AppError } from '@gatehouse/errors';
import { captureLogger, createManualClock } from '@gatehouse/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CatchUp } from './catch-up.ts';
import type { CatchUpPosition, CatchUpStore } from './catch-up-store.ts';
import { createCatchUps } from './catch-ups.ts';

const consumer = 'posts.people';
const away = () => new AppError({ code: 'service_unavailable', kind: 'unavailable', message: 'away' });

type Account = Readonly<{ id: number; version: number }>;

/** What is applied and how far it came, kept or lost together. The next `failures` transactions are lost. */
const createMemory = () => {
  const position = { cursor: undefined, finishedAt: undefined } as {
    -readonly [K in keyof CatchUpPosition]: CatchUpPosition[K];
  };
  const known = new Map<number, number>();
  const cursors: (string | undefined)[] = [];
  let page: Account[] = [];
  const memory = {
    position,
    known,
    cursors,
    failures: 0,
    learn: ({ id, version }: Account) => {
      if ((known.get(id) ?? 0) < version) known.set(id, version);
    },
    apply: async (item: Account) => void page.push(item),
  };
  const store: CatchUpStore = {
    find: async () => ({ ...position }),
    advance: async ({ from, to }, apply) => {
      if (position.finishedAt !== undefined || position.cursor !== from) return;
      page = [];
      await apply(undefined as never);
      if (memory.failures > 0) {
        memory.failures -= 1;
        throw away();
      }
      page.forEach(memory.learn);
      cursors.push(to);
      position.cursor = to ?? position.cursor;
      if (to === undefined) position.finishedAt = new Date(0);
    },
    forget: async () => {
      position.cursor = undefined;
      position.finishedAt = undefined;
    },
  };
  return { memory, store };
};

/** Accounts by their ids, as the other service has them now. */
const createExport = (accounts: Map<number, number>, limit: number) => {
  const exported = { isAway: false, reads: [] as (string | undefined)[] };
  const read: CatchUp<Account>['read'] = async (after) => {
    exported.reads.push(after);
    if (exported.isAway) throw away();
    const rest = [...accounts].filter(([id]) => id > Number(after ?? -1)).sort(([a], [b]) => a - b);
    const items = rest.slice(0, limit).map(([id, version]) => ({ id, version }));
    return { items, next: rest.length > limit ? String(items.at(-1)?.id) : undefined };
  };
  return { exported, read };
};

const setUp = (size = 5, limit = 2) => {
  const accounts = new Map(Array.from({ length: size }, (_, id) => [id, 1]));
  const clock = createManualClock();
  const logger = captureLogger();
  const { memory, store } = createMemory();
  const { exported, read } = createExport(accounts, limit);
  const catchUps = createCatchUps({ store, clock, logger });
  const begin = (hasQueue = () => true) =>
    catchUps.begin(consumer, { read, apply: (item) => memory.apply(item as Account) }, hasQueue);
  const untilQuiet = async () => {
    while (catchUps.isBusy()) await clock.advance(0);
  };
  return { accounts, clock, logger, memory, exported, catchUps, begin, untilQuiet };
};

describe('a consumer that takes over what was before it', () => {
  it('reads page by page from where it stands, keeps each, and then never asks again', async () => {
    const { memory, exported, catchUps, begin, untilQuiet, clock } = setUp();
    begin();
    await untilQuiet();

    expect([...memory.known.keys()]).toEqual([0, 1, 2, 3, 4]);
    expect(exported.reads).toEqual([undefined, '1', '3']);
    expect(memory.cursors).toEqual(['1', '3', undefined]);
    expect(await catchUps.report()).toEqual([
      { consumer, finished: true, finishedAt: '1970-01-01T00:00:00.000Z' },
    ]);
    expect(clock.pending()).toBe(0);

    await catchUps.stop();
    begin();
    await untilQuiet();
    expect(exported.reads).toHaveLength(3);
  });

  it('waits for its queue before it reads anything', async () => {
    const { exported, catchUps, begin, untilQuiet, clock } = setUp();
    let hasQueue = false;
    begin(() => hasQueue);
    await untilQuiet();
    await clock.advance(60_000);
    expect(exported.reads).toEqual([]);
    expect(await catchUps.report()).toEqual([{ consumer, finished: false, error: 'transport_away' }]);

    hasQueue = true;
    await clock.advance(10_000);
    await untilQuiet();
    expect(await catchUps.report()).toMatchObject([{ finished: true }]);
  });

  it('asks again, less and less often, while the other service is away, and says so', async () => {
    const { exported, catchUps, begin, untilQuiet, clock, logger } = setUp();
    exported.isAway = true;
    begin();
    await untilQuiet();
    await clock.advance(100 + 200 + 400 + 800 + 1_600 + 3_200 + 6_400);
    expect(exported.reads).toHaveLength(8);
    await clock.advance(20_000);
    expect(exported.reads).toHaveLength(10);
    expect(await catchUps.report()).toEqual([{ consumer, finished: false, error: 'service_unavailable' }]);
    expect(logger.lines).toHaveLength(1);

    exported.isAway = false;
    await clock.advance(10_000);
    await untilQuiet();
    expect(await catchUps.report()).toMatchObject([{ finished: true }]);
  });

  it('goes on after a restart where it was', async () => {
    const { memory, exported, catchUps, begin, untilQuiet, clock } = setUp();
    begin();
    while (memory.cursors.length === 0) await clock.advance(0);
    exported.isAway = true;
    await untilQuiet();
    await catchUps.stop();
    expect(clock.pending()).toBe(0);

    exported.isAway = false;
    exported.reads.length = 0;
    begin();
    await untilQuiet();
    expect(exported.reads).toEqual(['1', '3']);
  });

  it('begins anew when its queue was taken away', async () => {
    const { exported, catchUps, begin, untilQuiet } = setUp(2);
    begin();
    await untilQuiet();
    await catchUps.forget(consumer);
    expect(await catchUps.report()).toEqual([]);
    begin();
    await untilQuiet();

    expect(exported.reads).toEqual([undefined, undefined]);
  });
});

describe('events and export at the same time', () => {
  /** What may happen between two moments of the catch-up. */
  type Happening =
    | Readonly<{ what: 'change' | 'hear'; id: number }>
    | Readonly<{ what: 'away' | 'back' | 'crash' | 'loss' | 'time' }>;
  const happening: fc.Arbitrary<Happening> = fc.oneof(
    fc.record({ what: fc.constantFrom('change', 'hear'), id: fc.nat(7) }),
    fc.record({ what: fc.constantFrom('away', 'back', 'crash', 'loss', 'time') }),
  );

  it('end where the other service is, in any order, through outages and restarts', () =>
    fc.assert(
      fc.asyncProperty(
        fc.nat(6),
        fc.integer({ min: 1, max: 4 }),
        fc.array(happening, { maxLength: 30 }),
        async (size, limit, happenings) => {
          const { accounts, clock, memory, exported, catchUps, begin, untilQuiet } = setUp(size, limit);
          /** Announced, and not heard yet: in the order of their versions. */
          const queues = new Map<number, number[]>();
          const hear = (id: number) => {
            const version = queues.get(id)?.shift();
            if (version !== undefined) memory.learn({ id, version });
          };
          begin();
          for (const { what, ...about } of happenings) {
            const id = 'id' in about ? about.id : 0;
            if (what === 'change') {
              accounts.set(id, (accounts.get(id) ?? 0) + 1);
              queues.set(id, [...(queues.get(id) ?? []), accounts.get(id) ?? 0]);
            }
            if (what === 'hear') hear(id);
            if (what === 'away' || what === 'back') exported.isAway = what === 'away';
            if (what === 'loss') memory.failures += 1;
            if (what === 'crash') {
              await catchUps.stop();
              begin();
            }
            await clock.advance(what === 'time' ? 1_000 : 0);
          }
          exported.isAway = false;
          memory.failures = 0;
          await clock.advance(10_000);
          await untilQuiet();
          for (const [id, versions] of queues) while (versions.length > 0) hear(id);

          expect(Object.fromEntries(memory.known)).toEqual(Object.fromEntries(accounts));
          expect(memory.position.finishedAt).toBeDefined();
          expect(memory.cursors.filter((cursor) => cursor === undefined)).toHaveLength(1);
          await catchUps.stop();
        },
      ),
    ));
});
