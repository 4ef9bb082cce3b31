import { createManualClock } from '@gatehouse/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBulkhead } from './bulkhead.ts';

const overloaded = { code: 'overloaded', kind: 'unavailable', details: { retryAfterSeconds: 1 } };

describe('a bulkhead', () => {
  it('runs as much at once as it may and refuses the rest', async () => {
    const bulkhead = createBulkhead({ name: 'hashing', limit: 2 });
    const gate = Promise.withResolvers<string>();
    const running = [bulkhead.run(() => gate.promise), bulkhead.run(() => gate.promise)];

    await expect(bulkhead.run(async () => 'third')).rejects.toMatchObject(overloaded);
    expect(bulkhead.inFlight()).toBe(2);
    gate.resolve('done');
    await expect(Promise.all(running)).resolves.toEqual(['done', 'done']);
    expect(bulkhead.inFlight()).toBe(0);
    await expect(bulkhead.run(async () => 'fourth')).resolves.toBe('fourth');
  });

  it('gives the place of a failed task back', async () => {
    const bulkhead = createBulkhead({ name: 'hashing', limit: 1 });
    await expect(bulkhead.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');

    expect(bulkhead.inFlight()).toBe(0);
  });

  it('lets some wait in their order', async () => {
    const clock = createManualClock();
    const bulkhead = createBulkhead({ name: 'hashing', limit: 1, queueLimit: 2, clock });
    const gate = Promise.withResolvers<void>();
    const order: string[] = [];
    const running = [
      bulkhead.run(() => gate.promise),
      bulkhead.run(async () => order.push('second')),
      bulkhead.run(async () => order.push('third')),
    ];
    await expect(bulkhead.run(async () => 'fourth')).rejects.toMatchObject(overloaded);
    gate.resolve();
    await Promise.all(running);

    expect(order).toEqual(['second', 'third']);
    expect(clock.pending()).toBe(0);
  });

  it('refuses who waited too long', async () => {
    const clock = createManualClock();
    const bulkhead = createBulkhead({ name: 'hashing', limit: 1, queueLimit: 1, queueTimeoutMs: 500, clock });
    const gate = Promise.withResolvers<void>();
    const first = bulkhead.run(() => gate.promise);
    const second = expect(bulkhead.run(async () => 'second')).rejects.toMatchObject(overloaded);
    await clock.advance(500);
    await second;
    gate.resolve();
    await first;

    expect(bulkhead.inFlight()).toBe(0);
  });

  it('never runs more than its limit, and forgets no place, whatever comes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.nat(3),
        fc.array(fc.constantFrom('start', 'end', 'fail'), { maxLength: 60 }),
        async (limit, queueLimit, steps) => {
          const clock = createManualClock();
          const bulkhead = createBulkhead({ name: 'any', limit, queueLimit, clock });
          const open: PromiseWithResolvers<void>[] = [];
          const all: Promise<void>[] = [];
          for (const step of steps) {
            if (step === 'start') {
              const gate = Promise.withResolvers<void>();
              const task = (): Promise<void> => {
                open.push(gate);
                return gate.promise;
              };
              all.push(bulkhead.run(task).catch(() => {}));
            } else if (step === 'end') open.shift()?.resolve();
            else open.shift()?.reject(new Error('no'));
            await clock.advance(0);
            expect(open.length).toBeLessThanOrEqual(limit);
            expect(bulkhead.inFlight()).toBe(open.length);
          }
          while (open.length > 0) {
            open.shift()?.resolve();
            await clock.advance(0);
          }
          await Promise.all(all);
          expect(bulkhead.inFlight()).toBe(0);
        },
      ),
      { numRuns: 50 },
    );
  });
});
