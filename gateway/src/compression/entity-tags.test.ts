import { describe, expect, it } from 'vitest';
import { restoreCoding, stripCodings } from './entity-tags.ts';

describe('compression: the tag of a compressed answer on its way in', () => {
  it.each([
    ['If-None-Match', '"7-full-br"', '"7-full"'],
    ['If-Match', '"7-zstd"', '"7"'],
    ['if-none-match', '"7-full-gzip", "8-full"', '"7-full", "8-full"'],
    ['If-None-Match', 'W/"7-gzip"', 'W/"7"'],
  ])('loses its suffix in %s: %s', (name, sent, plain) => {
    const passing = ['accept', '*/*', name, sent];
    stripCodings({ passing });

    expect(passing).toEqual(['accept', '*/*', name, plain]);
  });

  it.each([
    ['If-None-Match', '"7-full"'],
    ['If-None-Match', '*'],
    ['If-None-Match', '"7-bridge"'],
    ['If-Range', '"7-full-br"'],
  ])('stays as it is in %s: %s', (name, sent) => {
    const passing = [name, sent];

    expect(stripCodings({ passing })).toBeUndefined();
    expect(passing).toEqual([name, sent]);
  });
});

describe('compression: a 304', () => {
  it('names the tag that the client holds', () => {
    expect(restoreCoding(['etag', '"7-full"', 'vary', 'x'], '"7-full-gzip"')).toEqual([
      ...['etag', '"7-full-gzip"', 'vary', 'x'],
    ]);
  });

  it('names the plain one where the client holds that', () => {
    expect(restoreCoding(['ETag', '"7"'], '"6-br", "7"')).toEqual(['ETag', '"7"']);
    expect(restoreCoding(['x', 'etag'], '"6-br"')).toEqual(['x', 'etag']);
  });
});
