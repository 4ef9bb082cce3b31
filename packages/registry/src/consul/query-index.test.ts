import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextIndex } from './query-index.ts';

describe('the index of the next blocking query', () => {
  it.each([
    ['is the one of the answer', 7n, '9', { index: 9n, wentBack: false }],
    ['stays when nothing changed', 7n, '7', { index: 7n, wentBack: false }],
    ['starts over when it went back', 7n, '6', { index: 0n, wentBack: true }],
    ['is 1 when the answer says 0', 0n, '0', { index: 1n, wentBack: false }],
    ['starts over when it went back to 0', 7n, '0', { index: 0n, wentBack: true }],
    ['keeps all of 64 bits', 1n, '18446744073709551615', { index: 18446744073709551615n, wentBack: false }],
    ['is none when the answer has none', 7n, undefined, { index: 0n, wentBack: false }],
    ['is none when the answer has no number', 7n, 'abc', { index: 0n, wentBack: false }],
  ])('%s', (_, before, header, next) => {
    expect(nextIndex(before, header)).toEqual(next);
  });

  it('never makes a loop that neither blocks nor starts over', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 1000n), fc.bigInt(0n, 1000n), (before, given) => {
        const { index, wentBack } = nextIndex(before, `${given}`);
        expect(index === 0n).toBe(wentBack);
      }),
    );
  });
});
