import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { listTree } from './process-tree.ts';
import { findProgram } from './programs.ts';
import type { RealServer } from './real-server.ts';

export type RealServerSubject<S extends RealServer> = Readonly<{
  start(): Promise<S>;
  /** Asks something that only a living server answers, within `timeoutMs`. */
  ask(server: S, timeoutMs: number): Promise<unknown>;
  /** Leaves a trace in its data, and whether it is there. Without these, a restart finds it empty. */
  write?(server: S): Promise<void>;
  hasWritten?(server: S): Promise<boolean>;
}>;

const shortMs = 1_000;
const longMs = 10_000;

/** What each private server does, whatever it is: the promises of `RealServer`. */
export const realServerContract = <S extends RealServer>(subject: RealServerSubject<S>): void => {
  describe('a private server', () => {
    let server: S | undefined;

    const start = async (): Promise<S> => {
      server = await subject.start();
      return server;
    };

    afterEach(async () => {
      await server?.dispose();
      server = undefined;
    });

    it('answers, survives a kill, a restart and a stop on the same port and data, and leaves nothing', async () => {
      const real = await start();
      const firstPid = real.pid();
      await subject.ask(real, longMs);
      await subject.write?.(real);
      const folders = workingFolders(listTree(process.pid).filter((pid) => pid !== process.pid));

      await real.kill();
      expect(await refuses(real.port)).toBe(true);
      await real.kill();
      await real.stop();
      await real.restart();
      expect(real.pid()).not.toBe(firstPid);
      await subject.ask(real, longMs);
      if (subject.hasWritten) expect(await subject.hasWritten(real)).toBe(true);

      await real.stop();
      expect(await refuses(real.port)).toBe(true);
      await real.restart();
      await subject.ask(real, longMs);
      if (subject.hasWritten) expect(await subject.hasWritten(real)).toBe(true);

      await real.dispose();
      await real.dispose();
      // Only Linux tells where a process works; and a container has its folder inside.
      if (process.platform !== 'linux' || (await findProgram(real.name)) === undefined) return;
      const own = [...folders].filter((folder) => folder.includes(`gatehouse-${real.name}-`));
      expect(own.length).toBeGreaterThan(0);
      await vi.waitFor(() => expect(processesBelow(own)).toEqual([]), { timeout: longMs });
      for (const folder of own) expect(() => readdirSync(folder)).toThrow('ENOENT');
    });

    it('frozen takes connections and says nothing, and goes on when it is thawed', async () => {
      const real = await start();
      await real.freeze();
      expect(await refuses(real.port)).toBe(false);
      await expect(subject.ask(real, shortMs)).rejects.toThrow();
      real.thaw();
      await vi.waitFor(() => subject.ask(real, longMs), { timeout: longMs });
    });

    it('frozen can be killed, restarted and disposed of', async () => {
      const real = await start();
      await real.freeze();
      await real.kill();
      expect(await refuses(real.port)).toBe(true);
      await real.restart();
      await subject.ask(real, longMs);
      await real.freeze();
      await real.dispose();
      expect(await refuses(real.port)).toBe(true);
    });
  });
};

const refuses = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => end(false));
    socket.once('error', () => end(true));
  });

const workingFolders = (pids: readonly number[]): ReadonlySet<string> =>
  new Set(pids.map(folderOf).filter((folder) => folder !== undefined));

const folderOf = (pid: number): string | undefined => {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
};

/** Those that live: what has ended and was not collected yet has no folder any more. */
const processesBelow = (folders: readonly string[]): readonly string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => folders.some((folder) => folderOf(Number(pid))?.startsWith(folder)))
    .map((pid) => `${pid} ${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')}`);
