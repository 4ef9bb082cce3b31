import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { openRollingLog } from './log.ts';

describe.skipIf(process.platform !== 'linux')('a log on a disk that is full', () => {
  it('loses lines, and neither ends the process nor keeps it from ending', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-log-'));
    await symlink('/dev/full', join(folder, 'start.1.log'));
    const log = await openRollingLog(folder, 'start');
    for (let line = 0; line < 200; line += 1) {
      log.write('x'.repeat(100));
      await nextTurn();
    }
    await expect(log.close()).resolves.toBeUndefined();
    await rm(folder, { recursive: true });
  });
});
