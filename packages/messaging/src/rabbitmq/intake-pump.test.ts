import { createManualClock } from '@gatehouse/testing';
import { describe, expect, it } from 'vitest';
import { messagingError } from '../messaging-errors.ts';
import { silentLogger } from '../messaging-logger.ts';
import { createIntakePump } from './intake-pump.ts';

type Message = Readonly<{ id: number; subject: string }>;

const openPump = (store: (batch: readonly Message[]) => Promise<void>) => {
  const clock = createManualClock();
  const acked: number[] = [];
  const parked: number[] = [];
  const batches: number[] = [];
  const pump = createIntakePump({
    queue: 'posts.test',
    clock,
    logger: silentLogger,
    store: async (messages) => {
      batches.push(messages.length);
      await store(messages as readonly Message[]);
    },
  });
  const push = (id: number, subject = String(id)): void =>
    pump.push({ message: { id, subject }, ack: () => acked.push(id), park: () => parked.push(id) });
  return { pump, clock, push, acked, parked, batches };
};

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe('deliveries', () => {
  it('are stored in batches of at most 100, in order, and each is acknowledged', async () => {
    const stored: number[] = [];
    const { clock, push, acked, batches } = openPump(async (batch) => {
      stored.push(...batch.map(({ id }) => id));
    });
    for (const id of numbers(250)) push(id);
    await clock.advance(0);

    expect(stored).toEqual(numbers(250));
    expect(acked).toEqual(numbers(250));
    expect(Math.max(...batches)).toBe(100);
  });

  it('are never acknowledged before they are stored', async () => {
    const gate = Promise.withResolvers<void>();
    const { clock, push, acked } = openPump(() => gate.promise);
    push(1);
    await clock.advance(1_000);
    expect(acked).toEqual([]);
    gate.resolve();
    await clock.advance(0);
    expect(acked).toEqual([1]);
  });
});

describe('a database that is away', () => {
  it('has everything wait in order, asked every 5 s at last, and nobody blamed', async () => {
    let isAway = true;
    const stored: number[] = [];
    const { clock, push, acked, parked, batches } = openPump(async (batch) => {
      if (isAway) throw messagingError('transport_away');
      stored.push(...batch.map(({ id }) => id));
    });
    for (const id of numbers(5)) push(id);
    await clock.advance(60 * 60_000);
    expect([acked, parked]).toEqual([[], []]);
    expect(batches.length).toBeGreaterThan(700);
    expect(batches.length).toBeLessThan(740);
    isAway = false;
    await clock.advance(5_000);

    expect(stored).toEqual(numbers(5));
    expect(acked).toEqual(numbers(5));
  });
});

describe('a message that makes every batch fail', () => {
  it('is parked once others could be stored without it', async () => {
    const { clock, push, acked, parked } = openPump(async (batch) => {
      if (batch.some(({ id }) => id === 2)) throw new RangeError('never');
    });
    for (const id of numbers(5)) push(id);
    await clock.advance(5_000);

    expect(parked).toEqual([2]);
    expect(acked.sort()).toEqual([0, 1, 3, 4]);
  });

  it('holds back what follows in its subject until then', async () => {
    const stored: number[] = [];
    const { clock, push, parked } = openPump(async (batch) => {
      if (batch.some(({ id }) => id === 1)) throw new RangeError('never');
      stored.push(...batch.map(({ id }) => id));
    });
    push(1, 'a');
    push(2, 'a');
    await clock.advance(10_000);
    // Nothing else could be stored, so nobody knows whose fault it is.
    expect([stored, parked]).toEqual([[], []]);
    push(3, 'b');
    await clock.advance(10_000);

    expect(parked).toEqual([1]);
    expect(stored).toEqual([3, 2]);
  });
});

describe('a store that never ends', () => {
  it('has failed after 30 s', async () => {
    let tries = 0;
    const { clock, push, acked } = openPump(() =>
      ++tries === 1 ? new Promise(() => {}) : Promise.resolve(),
    );
    push(1);
    await clock.advance(29_999);
    expect(tries).toBe(1);
    await clock.advance(200);
    expect(acked).toEqual([1]);
  });
});

describe('a channel that is lost', () => {
  it('has what was not in hand forgotten, and what comes again wait for the store in hand', async () => {
    const gate = Promise.withResolvers<void>();
    const stored: string[] = [];
    const { pump, clock, push } = openPump(async (batch) => {
      stored.push(`begin ${batch.length}`);
      await gate.promise;
      stored.push('end');
    });
    for (const id of numbers(150)) push(id);
    await clock.advance(0);
    pump.drop();
    for (const id of numbers(20)) push(id);
    await clock.advance(0);
    expect(stored).toEqual(['begin 1']);
    gate.resolve();
    await clock.advance(0);

    expect(stored).toEqual(['begin 1', 'end', 'begin 20', 'end']);
  });
});

describe('closing', () => {
  it('waits for the batch in hand, begins no other, and cuts a pause short', async () => {
    const gate = Promise.withResolvers<void>();
    const { pump, clock, push, acked } = openPump(() => gate.promise);
    push(1);
    push(2);
    const closing = pump.close();
    gate.resolve();
    await closing;
    push(3);
    await clock.advance(1_000);
    expect(acked).toEqual([1]);

    const failing = openPump(() => Promise.reject(new RangeError('no')));
    failing.push(1);
    await failing.clock.advance(0);
    await failing.pump.close();
    expect(failing.clock.pending()).toBe(0);
  });
});
