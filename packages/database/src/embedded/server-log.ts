import { closeSync, openSync } from 'node:fs';
import { copyFile, open, rename, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, type Repeating, repeat } from '@gatehouse/resilience';

/** `server.log` and the one before it, `server.log.1`: 5 MB each, and what is written in the half minute between checks. */
export type ServerLog = Readonly<{
  /** For the server to write to; the caller closes it when the server has it. */
  openForServer(): Readonly<{ fd: number; close(): void }>;
  /** How much is written so far, for `since`. */
  size(): Promise<number>;
  /** The last 8 KB of what was written after `offset`. */
  since(offset: number): Promise<string>;
  close(): Promise<void>;
}>;

const limitBytes = 5 * 1024 * 1024;
const checkMs = 30_000;
const tailBytes = 8 * 1024;

export const openServerLog = async (home: string, clock: Clock): Promise<ServerLog> => {
  const file = join(home, 'server.log');
  const size = async (): Promise<number> => (await stat(file).catch(() => ({ size: 0 }))).size;

  if ((await size()) > limitBytes) await rename(file, `${file}.1`);
  const keepSmall: Repeating = repeat({
    clock,
    intervalMs: checkMs,
    task: async () => {
      if ((await size()) <= limitBytes) return;
      // The server keeps its file open (for appending), so the file is emptied instead of exchanged.
      await copyFile(file, `${file}.1`);
      await truncate(file, 0);
    },
    // Nothing to be done about it here; the next check tries again.
    onError: () => {},
  });

  return {
    openForServer() {
      const fd = openSync(file, 'a', 0o600);
      return { fd, close: () => closeSync(fd) };
    },
    size,
    async since(offset) {
      const end = await size();
      const start = Math.max(Math.min(offset, end), end - tailBytes);
      const handle = await open(file, 'r').catch(() => undefined);
      if (handle === undefined) return '';
      try {
        const { buffer, bytesRead } = await handle.read(Buffer.alloc(end - start), 0, end - start, start);
        return buffer.toString('utf8', 0, bytesRead);
      } finally {
        await handle.close();
      }
    },
    close: () => keepSmall.stop(),
  };
};
