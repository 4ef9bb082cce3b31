import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SegmentTable } from './segment-table.ts';

/** Few characters, so that there are equal ones, beginnings of each other, and some in one bucket. */
const segment = fc.string({ unit: fc.constantFrom('a', 'b', '-', 'ü', '😀'), maxLength: 4 });

describe('segments of paths', () => {
  it('are found as in a map, wherever they stand in a path', () => {
    fc.assert(
      fc.property(
        fc.array(segment, { maxLength: 60 }),
        fc.array(segment, { maxLength: 20 }),
        (kept, asked) => {
          const map = new Map(kept.map((each, index) => [each, index]));
          const table = new SegmentTable(map);
          const path = asked.map((each) => `/${each}`).join('');
          let from = 1;
          for (const each of asked) {
            expect(table.find(path, from, from + each.length)).toBe(map.get(each));
            from += each.length + 1;
          }
        },
      ),
    );
  });

  it('are none where there is nothing', () => {
    expect(new SegmentTable(new Map()).find('/', 1, 1)).toBeUndefined();
  });
});
