import { describe, expect, it } from 'vitest';
import { excerptOf } from './excerpt.ts';

describe('the excerpt of a text', () => {
  it('is the text when that is short', () => {
    expect(excerptOf('Ten\n\n  words.')).toBe('Ten words.');
  });

  it('has exactly 200 characters when the text has', () => {
    expect(excerptOf('x'.repeat(200))).toBe('x'.repeat(200));
  });

  it('ends at a word, with a mark that there is more', () => {
    const excerpt = excerptOf('four '.repeat(100));

    expect(excerpt.length).toBeLessThanOrEqual(200);
    expect(excerpt).toMatch(/four…$/);
  });

  it('cuts one endless word', () => {
    expect(excerptOf('x'.repeat(300))).toBe(`${'x'.repeat(199)}…`);
  });

  it('never cuts a character in two', () => {
    const excerpt = excerptOf(`x${'😀'.repeat(200)}`);

    expect(excerpt.length).toBeLessThanOrEqual(200);
    expect(excerpt.isWellFormed()).toBe(true);
  });
});
