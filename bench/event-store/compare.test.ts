import { describe, expect, it } from 'vitest';
import { compare, median, toLines } from './compare.ts';
import { parseOptions } from './options.ts';

const counting = (name: string, log: string[]) => ({
  name,
  prepare: async (worker: number) => {
    log.push(`${name}${worker}`);
    return () => new Promise<void>((resolve) => setImmediate(resolve));
  },
});

describe('comparing two ways', () => {
  it('measures both in every round, with the order turned, each worker with a turn of its own', async () => {
    const log: string[] = [];
    const rates = await compare([counting('a', log), counting('b', log)], {
      workers: 2,
      rounds: 2,
      seconds: 0.01,
    });

    expect(log).toEqual(['a0', 'a1', 'b0', 'b1', 'a0', 'a1', 'b0', 'b1', 'b0', 'b1', 'a0', 'a1']);
    expect(rates.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(rates[0]).toMatchObject({ ratio: 1, lowest: 1, highest: 1 });
    expect(toLines('Two ways', rates)).toMatch(/^Two ways\n {2}a .*\/s\s+\n {2}b .*ours is .* x/);
  });
});

describe('the median', () => {
  it('is the one in the middle, or between the two', () => {
    expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 2.5]);
  });
});

describe('the options', () => {
  it('have defaults, and refuse what is none', () => {
    expect(parseOptions([])).toMatchObject({ rounds: 5, events: 100_000 });
    expect(parseOptions(['--only', 'append,list']).only).toEqual(['append', 'list']);
    expect(() => parseOptions(['--only', 'nothing'])).toThrow('nothing');
    expect(() => parseOptions(['--rounds', '0'])).toThrow('--rounds');
  });
});
