import { describe, expect, it } from 'vitest';
import { filterText, moment } from './query-values.ts';

describe('a moment', () => {
  it('is said in UTC', () => {
    expect(moment.parse('2026-01-01T01:00:00+01:00')).toBe('2026-01-01T00:00:00.000Z');
  });

  it.each(['0000-01-01T00:00:00Z', '9999-12-31T23:59:59-14:00', '2026-02-30T00:00:00Z', '2026-01-01', ''])(
    'is not %j',
    (text) => {
      expect(moment.safeParse(text).success).toBe(false);
    },
  );
});

describe('the text of a filter', () => {
  it('is any, of any script', () => {
    expect(filterText.parse('50 % _of_ 漢字')).toBe('50 % _of_ 漢字');
  });

  it.each(['', '\u0000', 'a\nb', 'x'.repeat(201)])('is not %j', (text) => {
    expect(filterText.safeParse(text).success).toBe(false);
  });
});
