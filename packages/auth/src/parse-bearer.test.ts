import { describe, expect, it } from 'vitest';
import { parseBearer } from './parse-bearer.ts';

describe('an Authorization header', () => {
  it.each([
    ['Bearer a.b.c', 'a.b.c'],
    ['bearer a.b.c', 'a.b.c'],
    ['BEARER   a-b_c~d+/=  ', 'a-b_c~d+/='],
  ])('%s has a token', (header, token) => {
    expect(parseBearer(header)).toBe(token);
  });

  it.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    'Basic YTpi',
    'Bearer a b',
    'Bearer a,b',
    'Bearera.b.c',
    'Bearer a=b',
  ])('%s has none', (header) => {
    expect(parseBearer(header)).toBeUndefined();
  });

  it('of great length is read in no time', () => {
    expect(parseBearer(`Bearer ${'a'.repeat(100_000)} ${' '.repeat(100_000)}x`)).toBeUndefined();
  });
});
