import { beforeEach, describe, expect, it } from 'vitest';
import { createLimitJudge, type LoadWindow } from './limit-judge.ts';

let judge = createLimitJudge({ min: 8, max: 1024 });

const window = (seen: Partial<LoadWindow>): LoadWindow => ({
  meanMs: 10,
  answered: 100,
  shed: 0,
  peak: judge.limit(),
  refused: false,
  ...seen,
});
const see = (...seen: readonly Partial<LoadWindow>[]): number[] =>
  seen.map((one) => {
    judge.judge(window(one));
    return judge.limit();
  });

beforeEach(() => {
  judge = createLimitJudge({ min: 8, max: 1024 });
  see({ peak: 10 });
});

describe('load: adaptive concurrency', () => {
  it('leaves the limit alone while it is not felt, however slow the answers', () => {
    expect(see({ peak: 20 }, { peak: 50, meanMs: 900 }, { peak: 99, meanMs: 5000 })).toEqual([200, 200, 200]);
  });

  it('grows by a quarter while it is felt, up to the largest', () => {
    expect(see({}, {}, {})).toEqual([250, 312, 390]);
    expect(see(...Array(10).fill({})).at(-1)).toBe(1024);
  });

  it('does not grow while answers are slower than they may be', () => {
    expect(see({ peak: 90, meanMs: 500 })).toEqual([200]);
  });

  it('is cut by a fifth, and deeper once that has helped', () => {
    expect(see({ meanMs: 2000 }, { meanMs: 1600 }, { meanMs: 400 })).toEqual([160, 80, 43]);
  });

  it('feels its way up carefully from where it was too much', () => {
    see({ meanMs: 1000 });
    expect(see({}, {}, {})).toEqual([200, 210, 220]);
  });

  it('takes a time that two cuts do not change for usual', () => {
    expect(see({ meanMs: 800 }, { meanMs: 790 }, { meanMs: 810 })).toEqual([160, 128, 200]);
    expect(see({ meanMs: 800 })).toEqual([250]);
  });

  it('does not take a queue for usual', () => {
    for (let round = 0; round < 100; round += 1) see({ meanMs: judge.limit() * 2.5, refused: true });

    expect(judge.limit()).toBeLessThan(160);
  });

  it('is cut by what the service refuses: a fifth of the answers, and five', () => {
    const few = [
      { answered: 1, shed: 4, peak: 50 },
      { answered: 81, shed: 19, peak: 50 },
    ];
    expect(see(...few)).toEqual([200, 200]);
    expect(see({ answered: 80, shed: 20, peak: 70 })).toEqual([90]);
  });

  it('heals in peace', () => {
    see({ answered: 0, shed: 100, peak: 10, meanMs: undefined });
    const limits = see(...Array(20).fill({ peak: 1 }));

    expect(limits[0]).toBe(16);
    expect(Math.max(...limits)).toBeGreaterThanOrEqual(200);
  });
});
