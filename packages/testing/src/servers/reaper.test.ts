import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';

/** A process of ours with a server (here: a sleep) and a folder, that says where they are. */
const program = `
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
const { makePrivateFolder } = await import(process.argv[1] + '/private-folder.ts');
const { startProcess } = await import(process.argv[1] + '/server-process.ts');
const folder = await makePrivateFolder('reaper');
const launch = { command: 'sleep', args: ['600'], cwd: folder.path, account: undefined, logFile: join(folder.path, 'log') };
const { pid } = await startProcess(launch);
process.stdout.write(JSON.stringify({ pid, folder: folder.path }) + '\\n');
`;

// What shows it is Linux's /proc.
describe.skipIf(process.platform !== 'linux')('a process that is killed with its servers running', () => {
  it.each(['SIGKILL', 'SIGINT', 'SIGTERM'] as const)(
    'by %s leaves neither them nor their folders',
    async (signal) => {
      const args = ['--input-type=module', '--eval', program, join(import.meta.dirname)];
      const parent = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      const [line] = (await once(parent.stdout, 'data')) as [Buffer];
      const { pid, folder } = JSON.parse(line.toString()) as { pid: number; folder: string };
      expect([isRunning(pid), existsSync(folder)]).toEqual([true, true]);
      parent.kill(signal);
      await once(parent, 'exit');

      await vi.waitFor(() => expect([isRunning(pid), existsSync(folder)]).toEqual([false, false]), {
        timeout: 15_000,
      });
    },
  );
});

/** A process that has ended and is not collected by anybody has no working folder. */
const isRunning = (pid: number): boolean => existsSync(`/proc/${pid}/cwd`);
