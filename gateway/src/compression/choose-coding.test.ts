import { describe, expect, it } from 'vitest';
import { chooseCoding } from './choose-coding.ts';

describe('compression: the coding that a client would take (RFC 9110 §12.5.3)', () => {
  it.each([
    ['br', 'br'],
    ['gzip, deflate, br, zstd', 'br'],
    ['zstd, gzip', 'zstd'],
    ['GZIP', 'gzip'],
    ['x-gzip', 'gzip'],
    ['gzip;q=1.0, br;q=0.5', 'gzip'],
    ['br;q=0.001', 'br'],
    ['*', 'br'],
    ['*;q=0.5, br;q=0', 'zstd'],
    ['gzip;q=0.5, *;q=0.8', 'br'],
    ['identity;q=0.2, gzip;q=0.5', 'gzip'],
    ['gzip ; q=0.5 , br ; q=0.4', 'gzip'],
    ['identity, gzip', 'gzip'],
  ])('%s is answered with %s', (header, coding) => {
    expect(chooseCoding(header)).toEqual({ coding, identityAllowed: true });
  });

  it.each([
    [undefined],
    [''],
    ['identity'],
    ['deflate'],
    ['gzip;q=0'],
    ['gzip;q=0.5, identity'],
    ['br;q=2'],
    ['br;level=4'],
  ])('%s gets the plain bytes', (header) => {
    expect(chooseCoding(header)).toEqual({ coding: undefined, identityAllowed: true });
  });

  it.each([
    ['identity;q=0, gzip', 'gzip'],
    ['gzip, *;q=0', 'gzip'],
    ['identity;q=0', undefined],
    ['*;q=0', undefined],
    ['deflate, identity;q=0', undefined],
  ])('%s shuts the plain bytes out', (header, coding) => {
    expect(chooseCoding(header)).toEqual({ coding, identityAllowed: false });
  });

  it('lets `identity` by name stand against `*`', () => {
    expect(chooseCoding('*;q=0, identity;q=0.5')).toEqual({ coding: undefined, identityAllowed: true });
  });
});
