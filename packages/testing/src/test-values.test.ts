import { describe, expect, it } from 'vitest';
import { captureLogger } from './capture-logger.ts';
import { seededRandom } from './seeded-random.ts';
import { sequentialIds } from './sequential-ids.ts';

describe('ids of a test', () => {
  it('are UUIDv7 that grow, and known in advance', () => {
    const ids = sequentialIds(1);
    const list = Array.from({ length: 20 }, () => ids.next());

    expect(list[0]).toBe('01900000-0000-7000-8001-000000000001');
    expect(
      list.every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id)),
    ).toBe(true);
    expect(list).toEqual([...new Set(list)].sort());
  });

  it('of two sources differ', () => {
    expect(sequentialIds(1).next()).not.toBe(sequentialIds(2).next());
    expect(() => sequentialIds(4_096)).toThrow(RangeError);
  });
});

describe('random numbers of a test', () => {
  it('are the same for the same seed, within [0, 1), and spread', () => {
    const draw = (seed: number): readonly number[] => {
      const random = seededRandom(seed);
      return Array.from({ length: 1_000 }, random);
    };
    const numbers = draw(7);

    expect(draw(7)).toEqual(numbers);
    expect(draw(8)).not.toEqual(numbers);
    expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
    expect(numbers.reduce((sum, number) => sum + number, 0) / 1_000).toBeCloseTo(0.5, 1);
  });
});

describe('a logger whose lines are kept', () => {
  it('has them parsed, of every level, its children included', () => {
    const logger = captureLogger();

    logger.trace('low');
    logger.child({ part: 'relay' }).error({ err: new Error('no') }, 'high');

    expect(logger.lines).toMatchObject([
      { level: 10, msg: 'low' },
      { level: 50, part: 'relay', msg: 'high', err: { message: 'no' } },
    ]);
  });
});
