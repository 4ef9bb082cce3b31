import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { categoryOf, comparePositions, streamName } from './index.ts';

describe('positions', () => {
  it('go by transaction first and by number second, as numbers', () => {
    const inOrder = ['9:100', '10:1', '10:2', '10:10'];

    expect([...inOrder].reverse().sort(comparePositions)).toEqual(inOrder);
  });

  it('are ordered one way only', () => {
    const position = fc
      .tuple(fc.bigInt(0n, 2n ** 63n), fc.bigInt(0n, 2n ** 62n))
      .map(([x, s]) => `${x}:${s}`);
    fc.assert(
      fc.property(position, position, (a, b) => {
        expect(comparePositions(a, b)).toBe(0 - comparePositions(b, a));
        expect(comparePositions(a, a)).toBe(0);
      }),
    );
  });

  it('are nothing else', () => {
    expect(() => comparePositions('7', '1:1')).toThrow(TypeError);
  });
});

describe('a stream’s name', () => {
  it('says its category, though the id has dashes', () => {
    expect(categoryOf(streamName('order', '01-23-45'))).toBe('order');
  });

  it('has no dash in the category', () => {
    expect(() => streamName('order-item', '1')).toThrow(TypeError);
  });
});
