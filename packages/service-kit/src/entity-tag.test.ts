import { describe, expect, it } from 'vitest';
import { IMPOSSIBLE_VERSION, matchesIfNoneMatch, parseIfMatch, toEntityTag } from './entity-tag.ts';

describe('an entity tag', () => {
  it('is version and view', () => {
    expect([toEntityTag(7, 'full'), toEntityTag(7)]).toEqual(['"7-full"', '"7"']);
  });
});

describe('If-Match', () => {
  it.each([
    [undefined, undefined],
    ['*', undefined],
    ['"7-full"', 7],
    ['"7"', 7],
    ['"7-full-gzip"', 7],
    ['"7-full;br"', 7],
    ['W/"7-full"', IMPOSSIBLE_VERSION],
    ['"seven"', IMPOSSIBLE_VERSION],
    ['""', IMPOSSIBLE_VERSION],
    ['"99999999999999999999"', IMPOSSIBLE_VERSION],
  ])('%s names version %s', (header, version) => {
    expect(parseIfMatch(header)).toBe(version);
  });

  it.each(['7', '"7", "8"', '', 'w/"7"', '"7'])('that is "%s" cannot be read', (header) => {
    expect(() => parseIfMatch(header)).toThrow(expect.objectContaining({ code: 'malformed_request' }));
  });
});

describe('If-None-Match', () => {
  it.each([
    ['"7-full"', true],
    ['W/"7-full"', true],
    ['"1", W/"7-full-gzip"', true],
    ['*', true],
    ['"7-excerpt"', false],
    ['"8-full"', false],
    [undefined, false],
  ])('%s fits "7-full": %s', (header, fits) => {
    expect(matchesIfNoneMatch(header, '"7-full"')).toBe(fits);
  });
});
