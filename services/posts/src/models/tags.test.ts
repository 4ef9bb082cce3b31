import { describe, expect, it } from 'vitest';
import { tagKey, uniqueTags } from './tags.ts';

describe('the tags of a post', () => {
  it('keep the spelling of their author', () => {
    expect(uniqueTags([' Node.js ', 'testing'])).toEqual(['Node.js', 'testing']);
  });

  it('are each there once, whatever the case', () => {
    expect(uniqueTags(['Node', 'node', 'NODE '])).toEqual(['Node']);
  });

  it('are the same tag in any case', () => {
    expect(tagKey('Crème')).toBe(tagKey('CRÈME'));
  });
});
