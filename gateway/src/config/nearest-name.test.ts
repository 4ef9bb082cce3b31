import { describe, expect, it } from 'vitest';
import { nearestName } from './nearest-name.ts';

describe('a name that is not known', () => {
  const known = ['timeout', 'tryTimeout', 'service', 'auth', 'rateLimit', 'ttl'];

  it.each([
    ['servce', 'service'],
    ['ratelimit', 'rateLimit'],
    ['timeuot', 'timeout'],
    ['trytimeout', 'tryTimeout'],
    ['auht', 'auth'],
    ['colour', undefined],
    ['', undefined],
  ])('%s was most likely %s', (name, meant) => {
    expect(nearestName(name, known)).toBe(meant);
  });
});
