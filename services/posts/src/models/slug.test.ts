import { describe, expect, it } from 'vitest';
import { slugCandidates, slugOf } from './slug.ts';

describe('the slug of a title', () => {
  it.each([
    ['Hello, World!', 'hello-world'],
    ['  Crème brûlée — 2 ways ', 'creme-brulee-2-ways'],
    ['Straße & Smørrebrød', 'strasse-smorrebrod'],
    ["Don't panic", 'dont-panic'],
    ['Привет мир', 'привет-мир'],
    ['你好 世界', '你好-世界'],
    ['!!!', 'post'],
    ['../../etc/passwd', 'etc-passwd'],
  ])('%j is %j', (title, slug) => {
    expect(slugOf(title)).toBe(slug);
  });

  it('has at most 80 characters and no dash at its end', () => {
    const slug = slugOf(`${'a'.repeat(79)} and more`);

    expect(slug).toBe('a'.repeat(79));
  });
});

describe('several posts of one title', () => {
  it('have a bounded list of slugs to try, the last one made of the id', () => {
    const candidates = slugCandidates('Hi there', '01900000-0000-7000-8000-00000000002a');

    expect(candidates).toEqual([
      'hi-there',
      'hi-there-2',
      'hi-there-3',
      'hi-there-4',
      'hi-there-5',
      'hi-there-00000000002a',
    ]);
  });
});
