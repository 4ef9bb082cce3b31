import { describe, expect, it } from 'vitest';
import { toFolderError, toStartError } from './embedded-errors.ts';

const about = { dataDir: '/data', port: 5433 };

describe('a server that did not start', () => {
  it.each([
    ['FATAL:  could not write to file "pg_wal/xlogtemp.9": No space left on device', 'disk_full'],
    ['LOG:  could not bind IPv4 address "127.0.0.1": Address already in use', 'port_taken'],
    ['FATAL:  lock file "postmaster.pid" already exists', 'data_dir_in_use'],
    ['FATAL:  pre-existing shared memory block (key 1, ID 2) is still in use', 'data_dir_in_use'],
    ['FATAL:  database files are incompatible with server', 'data_dir_incompatible'],
    ['FATAL:  invalid value for parameter "x": "y"', 'database_start_failed'],
    ['', 'database_start_failed'],
  ])('and said %j failed with %s', (log, code) => {
    expect(toStartError(log, about)).toMatchObject({ code, details: { ...about, log } });
  });

  it('says why in its message', () => {
    expect(toStartError('LOG:  starting\nFATAL:  out of luck\nLOG:  more', about).message).toBe(
      'PostgreSQL did not start: FATAL:  out of luck',
    );
  });
});

describe('a folder that cannot be used', () => {
  it.each([
    ['ENOSPC', 'disk_full'],
    ['EDQUOT', 'disk_full'],
    ['53100', 'disk_full'],
    ['EACCES', 'data_dir_unusable'],
    ['EROFS', 'data_dir_unusable'],
  ])('for %s is %s', (code, expected) => {
    expect(toFolderError(Object.assign(new Error('no'), { code }), '/data')).toMatchObject({
      code: expected,
    });
  });

  it('for another reason is what it was', () => {
    const error = Object.assign(new Error('no'), { code: 'EISDIR' });

    expect(toFolderError(error, '/data')).toBe(error);
  });
});
