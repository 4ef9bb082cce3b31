import { type FSWatcher, watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Clock, repeat, wait } from '@gatehouse/resilience';

export type FileWatch = Readonly<{ close(): Promise<void> }>;

export type WatchConfigFileDeps = Readonly<{
  file: string;
  /** What stood there when it was read. */
  known: string;
  clock: Clock;
  /** The file says something else now. Not called again before it has ended; what it throws is its own to tell. */
  onChange: () => Promise<unknown>;
  /** The file cannot be read; told once for each reason. */
  onUnreadable: (error: unknown) => void;
  intervalMs?: number;
  settleMs?: number;
}>;

const defaultIntervalMs = 2000;
/** How long it has to stay the same: who writes it in place is never read halfway. */
const defaultSettleMs = 100;
const longestSettling = 20;

/**
 * Tells when a file says something else: its text is read every 2 s, which also sees what notifications do not (a file put in
 * place of the other, the swapped links of a Kubernetes ConfigMap, network folders). Notifications of the folder only make
 * it sooner. A file that is gone for the moment says nothing.
 */
export const watchConfigFile = (deps: WatchConfigFileDeps): FileWatch => {
  const { file, clock, onChange, settleMs = defaultSettleMs, intervalMs = defaultIntervalMs } = deps;
  let { known } = deps;
  let complaint: string | undefined;

  const settle = async (text: string): Promise<string | undefined> => {
    let last = text;
    for (let look = 0; look < longestSettling; look += 1) {
      await wait(clock, settleMs);
      const again = await readIfThere(file);
      if (again === last) return again;
      last = again ?? last;
    }
    return undefined;
  };

  const look = async (): Promise<void> => {
    const text = await readIfThere(file);
    complaint = undefined;
    if (text === undefined || text === known) return;
    const settled = await settle(text);
    if (settled === undefined || settled === known) return;
    known = settled;
    await onChange().catch(() => {});
  };

  const polling = repeat({
    clock,
    intervalMs,
    task: look,
    onError: (error) => {
      if (complaint === String(error)) return;
      complaint = String(error);
      deps.onUnreadable(error);
    },
  });
  const hints = listen(dirname(file), polling.now);

  return {
    close: async () => {
      hints?.close();
      await polling.stop();
    },
  };
};

const readIfThere = async (file: string): Promise<string | undefined> => {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
};

/** Undefined where the system has no notifications to give: then the polling is all there is. */
const listen = (folder: string, onHint: () => void): FSWatcher | undefined => {
  try {
    const hints = watch(folder, { persistent: false }, onHint);
    return hints.on('error', () => hints.close());
  } catch {
    return undefined;
  }
};
