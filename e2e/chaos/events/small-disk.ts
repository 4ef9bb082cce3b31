import { execFile } from 'node:child_process';
import { chmod, mkdtemp, open, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A file system of its own for the servers, which can be filled without harm to the machine. */
export type SmallDisk = Readonly<{
  path: string;
  /** Takes every free byte; how many that were. */
  fill(): Promise<number>;
  free(): Promise<void>;
  dispose(): Promise<void>;
}>;

const size = '3g';

/** Undefined where it cannot be mounted: that takes root on Linux. */
export const mountSmallDisk = async (): Promise<SmallDisk | undefined> => {
  const path = await mkdtemp(join(tmpdir(), 'gatehouse-disk-'));
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path]);
  } catch {
    await rm(path, { recursive: true });
    return undefined;
  }
  await chmod(path, 0o1777);
  const ballast = join(path, 'ballast');
  return {
    path,
    fill: async () => {
      const file = await open(ballast, 'w');
      const block = Buffer.alloc(1024 * 1024);
      let bytes = 0;
      try {
        for (;;) bytes += (await file.write(block)).bytesWritten;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      } finally {
        await file.close();
      }
      const { bavail } = await statfs(path);
      return bavail === 0 ? bytes : 0;
    },
    free: () => rm(ballast),
    dispose: async () => {
      await run('umount', ['-l', path]).catch(() => {});
      await rm(path, { recursive: true, force: true });
    },
  };
};
