import { describe, expect, it } from 'vitest';
import { readCollections } from './collections.ts';

const traced = (fields: Record<string, unknown>) =>
  `[123:0xbf9a000:0]       33 ms: GC: ${JSON.stringify({ reason: 'allocation failure', ...fields })}`;

describe('the lines of the garbage collector', () => {
  it('are added up, young collections and others apart', () => {
    const log = [
      traced({ gc: 's', pause: 1.5, allocated: 1000, promoted: 10, new_space_survived: 20 }),
      '[123:0xbf9a000:0] 34 ms: Memory pool: Removed pages: 0',
      '{"level":"info","msg":"request"}',
      traced({ gc: 's', pause: 0.5, allocated: 500, promoted: 1, new_space_survived: 2 }),
      traced({ gc: 'ms', pause: 4, allocated: 100, promoted: 7, new_space_survived: 9 }),
    ].join('\n');

    expect(readCollections(log)).toEqual({ allocated: 1600, survived: 33, pausedMs: 6, young: 2, others: 1 });
  });

  it('are left out where the log was cut', () => {
    const whole = traced({ gc: 's', pause: 1, allocated: 1, promoted: 1, new_space_survived: 1 });

    expect(readCollections(whole.slice(0, -10))).toMatchObject({ young: 0, allocated: 0 });
  });
});
