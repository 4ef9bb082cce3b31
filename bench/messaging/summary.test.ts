import { describe, expect, it } from 'vitest';
import type { Round } from './round.ts';
import { quantile, slope, summarise } from './summary.ts';

const round = (contender: string, perSecond: number, heapMb = 50): Round => ({
  contender,
  perSecond,
  commandsPerSecond: perSecond * 2,
  cpuMs: 1,
  heapMb,
});

describe('the figure of a run', () => {
  it('is the median of the ratios of rounds that lay side by side, whatever the machine did in between', () => {
    const rounds = [
      [round('gatehouse', 80), round('hand-written', 100)],
      [round('hand-written', 10), round('gatehouse', 8)],
      [round('gatehouse', 45), round('hand-written', 50)],
    ].flat();

    expect(summarise(rounds)).toMatchObject({ product: 45, handWritten: 50, ratio: { median: 0.8 } });
  });

  it('has quarters between two values', () => {
    expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5);
    expect(quantile([4, 1], 0)).toBe(1);
    expect(quantile([4, 1], 1)).toBe(4);
  });

  it('tells growth from noise by the line through all rounds', () => {
    expect(slope([5, 5, 5, 5])).toBe(0);
    expect(slope([1, 3, 5])).toBeCloseTo(2);
    expect(slope([7])).toBe(0);
  });
});
