import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRecentlyUsed } from './recently-used.ts';

describe('a memory of what was used lately', () => {
  it('keeps at least half of its limit of the last used, never more than its limit, and never a wrong value', () => {
    const step = fc.record({ what: fc.constantFrom('get', 'set', 'delete'), key: fc.nat(20) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), fc.integer({ min: 2, max: 12 }), (steps, limit) => {
        const memory = createRecentlyUsed<number>(limit);
        const truth = new Map<string, number>();
        let lastUsed: string[] = [];
        steps.forEach(({ what, key }, index) => {
          const name = `k${key}`;
          if (what === 'set') {
            memory.set(name, index);
            truth.set(name, index);
          } else if (what === 'delete') {
            memory.delete(name);
            truth.delete(name);
          } else {
            const found = memory.get(name);
            if (found !== undefined) expect(found).toBe(truth.get(name));
            if (lastUsed.slice(0, Math.floor(limit / 2)).includes(name)) expect(found).toBe(truth.get(name));
          }
          if (truth.has(name)) lastUsed = [name, ...lastUsed.filter((other) => other !== name)];
          else lastUsed = lastUsed.filter((other) => other !== name);
          expect(memory.size()).toBeLessThanOrEqual(limit);
        });
      }),
    );
  });
});
