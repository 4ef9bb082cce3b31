import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';

export type ReaperNote = Readonly<
  | { watchGroup: number }
  | { forgetGroup: number }
  | { watchFolder: string }
  | { forgetFolder: string }
  | { watchContainer: string }
  | { forgetContainer: string }
>;

let reaper: ChildProcess | undefined;
let watched = 0;

/**
 * A small process beside ours that knows our servers and folders. When ours ends, however it ends, it reads the end of its
 * input, kills those groups and removes those folders. It lives only while there is something to watch.
 */
export const tellReaper = (note: ReaperNote): void => {
  reaper ??= startReaper();
  reaper.stdin?.write(`${JSON.stringify(note)}\n`);
  watched += 'watchGroup' in note || 'watchFolder' in note || 'watchContainer' in note ? 1 : -1;
  if (watched > 0) return;
  reaper.stdin?.end();
  reaper = undefined;
};

const startReaper = (): ChildProcess => {
  // A session of its own: Ctrl-C in a terminal goes to every process of the session.
  const child = spawn(process.execPath, [join(import.meta.dirname, 'reaper-process.ts')], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.once('error', () => {}); // nothing is lost but the clearing up after a kill
  child.stdin?.on('error', () => {});
  child.unref();
  // The stream is a socket underneath, which holds our process open unless told not to.
  (child.stdin as unknown as { unref?: () => void } | null)?.unref?.();
  return child;
};
