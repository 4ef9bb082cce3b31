import { createManualClock } from '@gatehouse/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contractBytes, contractVariants, describeCacheStore } from './cache-store.contract.ts';
import { addressAt, answerOf, keepIn, textIn } from './contract-fixture.ts';
import { createMemoryStore } from './memory-store.ts';
import { bytesOf } from './stored-answer.ts';

describeCacheStore('memory', async () => {
  const clock = createManualClock();
  const store = createMemoryStore({ clock, maxBytes: () => contractBytes, maxVariants: contractVariants });
  return { store, other: store, settled: async () => {}, now: clock.now, elapse: clock.advance };
});

describe('a store in memory that is full', () => {
  it('lets those go that were not used for longest', async () => {
    const answer = answerOf('x'.repeat(1000));
    const store = createMemoryStore({ clock: createManualClock(), maxBytes: () => 3 * bytesOf(answer) });
    for (const path of ['/a', '/b', '/c']) await keepIn(store, addressAt(path), answer);
    await textIn(store, addressAt('/a'));
    await keepIn(store, addressAt('/d'), answer);

    expect(await textIn(store, addressAt('/a'))).toBeDefined();
    expect(await textIn(store, addressAt('/b'))).toBeUndefined();
    expect(await textIn(store, addressAt('/c'))).toBeDefined();
  });

  it('holds its bound and never gives what was forgotten, whatever happens (model)', async () => {
    const path = fc.constantFrom('/a', '/b', '/c', '/d');
    const step = fc.oneof(
      fc.record({
        do: fc.constant('keep' as const),
        path,
        x: fc.constantFrom('1', '2', '3'),
        size: fc.nat(3000),
      }),
      fc.record({ do: fc.constant('find' as const), path, x: fc.constantFrom('1', '2', '3') }),
      fc.record({ do: fc.constant('forget' as const), path }),
      fc.record({ do: fc.constant('wait' as const), ms: fc.nat(40) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const clock = createManualClock();
        const maxBytes = 12_000;
        const store = createMemoryStore({ clock, maxBytes: () => maxBytes, maxVariants: 2 });
        const latest = new Map<string, Readonly<{ text: string; untilMs: number }>>();
        for (const [index, one] of steps.entries()) {
          if (one.do === 'wait') await clock.advance(one.ms);
          else if (one.do === 'forget') {
            store.forget(addressAt(one.path).path);
            for (const key of latest.keys()) if (key.startsWith(`${one.path} `)) latest.delete(key);
          } else if (one.do === 'keep') {
            const untilMs = clock.now() + 50;
            const text = `${index}`.padEnd(one.size, '.');
            const answer = answerOf(text, { varyNames: ['x'], keepUntilMs: untilMs });
            await keepIn(store, addressAt(one.path), answer, { x: one.x });
            latest.set(`${one.path} ${one.x}`, { text, untilMs });
          } else {
            const known = latest.get(`${one.path} ${one.x}`);
            const found = await textIn(store, addressAt(one.path), { x: one.x });
            if (found !== undefined) {
              expect(found).toBe(known?.text);
              expect(known?.untilMs).toBeGreaterThan(clock.now());
            }
          }
          expect(store.report().bytes).toBeLessThanOrEqual(maxBytes);
        }
        for (const one of ['/a', '/b', '/c', '/d']) store.forget(addressAt(one).path);
        expect(store.report().bytes).toBe(0);
      }),
    );
  });
});
