import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createWaitingLine } from './waiting-line.ts';

type Waiting = { id: number; answered: boolean };

describe('a waiting line', () => {
  it('knows who has waited longest, and who waits at all, whatever the order of the answers', () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.constant('ask' as const) },
      { weight: 3, arbitrary: fc.nat(400) },
      { weight: 1, arbitrary: fc.constant('empty' as const) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 1500, size: 'max' }), (steps) => {
        const line = createWaitingLine<Waiting>();
        let model: Waiting[] = [];
        let next = 0;
        for (const each of steps) {
          if (each === 'ask') {
            const waiting = { id: next, answered: false };
            next += 1;
            model.push(waiting);
            line.push(waiting);
          } else if (each === 'empty') {
            expect(line.empty()).toEqual(model);
            model = [];
          } else {
            const [answered] = model.splice(each % Math.max(1, model.length), 1);
            if (answered !== undefined) answered.answered = true;
          }
          expect(line.first()).toBe(model[0]);
        }
      }),
      { numRuns: 50 },
    );
  });
});
