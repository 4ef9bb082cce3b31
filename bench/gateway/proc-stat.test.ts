import { describe, expect, it } from 'vitest';
import { parseMachine, parseProcess, treeTimes } from './proc-stat.ts';

describe('CPU times as /proc tells them', () => {
  it('counts what the machine did, and neither idling nor waiting nor what was stolen', () => {
    const text = 'cpu  100 10 50 9000 300 5 15 7 0 0\ncpu0 1 2 3\n';
    expect(parseMachine(text)).toEqual({ busyMs: 1800, stolenMs: 70 });
  });

  it('finds the fields of a process whose name looks like fields', () => {
    const text = '4711 (a) S 1 (b) R 42 1 1 0 -1 4194304 1 2 3 4 30 12 8 2 20 0 1 0';
    expect(parseProcess(text)).toEqual({ parent: 42, spent: { allMs: 520, kernelMs: 140 } });
  });

  it('adds up a tree: the root, its living descendants, and children that ended', () => {
    const times = (parent: number, allMs: number, kernelMs = 0) => ({ parent, spent: { allMs, kernelMs } });
    const all = new Map([
      [10, times(1, 105, 5)],
      [11, times(10, 20, 7)],
      [12, times(11, 3)],
      [20, times(1, 1000)],
    ]);
    expect(treeTimes([10, 20, 30], all)).toEqual([
      { allMs: 128, kernelMs: 12 },
      { allMs: 1000, kernelMs: 0 },
      { allMs: 0, kernelMs: 0 },
    ]);
  });
});
