import { describe, expect, it } from 'vitest';
import { parsePasswd } from './account.ts';

describe('the accounts of a machine', () => {
  it('are all that are neither root nor negative', () => {
    const accounts = parsePasswd(
      [
        'root:x:0:0:root:/root:/bin/bash',
        'postgres:x:101:104:PostgreSQL:/var/lib/postgresql:/bin/bash',
        'nobody:*:-2:-2:Unprivileged User:/var/empty:/usr/bin/false',
        'broken line',
        '',
      ].join('\n'),
    );

    expect([...accounts]).toEqual([['postgres', { uid: 101, gid: 104 }]]);
  });
});
