import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesTopic } from './topic.ts';

/** RabbitMQ's rule, written the obvious way. */
const matchesSlowly = (pattern: readonly string[], words: readonly string[]): boolean => {
  const [part, ...parts] = pattern;
  const [word, ...rest] = words;
  if (part === undefined) return words.length === 0;
  if (part === '#') return matchesSlowly(parts, words) || (words.length > 0 && matchesSlowly(pattern, rest));
  return word !== undefined && (part === '*' || part === word) && matchesSlowly(parts, rest);
};

describe('a topic pattern', () => {
  it.each([
    ['#', 'post.created', true],
    ['post.#', 'post', true],
    ['#.post', 'post', true],
    ['post.#.created', 'post.created', true],
    ['*', 'post.created', false],
    ['post.*', 'post', false],
    ['post.*', 'post.created', true],
    ['*.*', 'post.created', true],
    ['po*', 'post', false],
    ['post.created', 'post.createdx', false],
  ])('%s and %s: %s', (pattern, routingKey, expected) => {
    expect(matchesTopic(pattern, routingKey)).toBe(expected);
  });

  it('means what AMQP says', () => {
    const words = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 6 });
    const parts = fc.array(fc.constantFrom('a', 'b', '*', '#'), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(parts, words, (pattern, key) => {
        expect(matchesTopic(pattern.join('.'), key.join('.'))).toBe(matchesSlowly(pattern, key));
      }),
      { numRuns: 500 },
    );
  });

  it('costs little however many # it has', () => {
    expect(matchesTopic(`${'#.'.repeat(200)}z`, 'a.'.repeat(200).slice(0, -1))).toBe(false);
  });
});
