import { describe, expect, it } from 'vitest';
import { parsePostmasterFile } from './postmaster.ts';

describe('the file in which a server says where it is', () => {
  it('is read when it is whole', () => {
    const text = '4711\n/data/pgdata\n1795395895\n5433\n\n127.0.0.1\n  5432001   131072\nready   \n';

    expect(parsePostmasterFile(text)).toEqual({ pid: 4711, port: 5433, status: 'ready' });
  });

  it('of a server that is just starting has no status yet', () => {
    expect(parsePostmasterFile('4711\n/data\n1795395895\n5433\n')).toEqual({
      pid: 4711,
      port: 5433,
      status: '',
    });
  });

  it.each(['', '4711\n', '4711\n/data\n', 'x\n/data\n1\n5433\n'])('says nothing when it is %j', (text) => {
    expect(parsePostmasterFile(text)).toBeUndefined();
  });
});
