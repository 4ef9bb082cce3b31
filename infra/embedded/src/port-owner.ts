import { readdir, readFile, readlink } from 'node:fs/promises';

type Run = (command: string, args: readonly string[]) => Promise<{ stdout: string }>;

/** Who listens on a TCP port of this machine, as `name (pid 812)`; undefined where the system does not tell. */
export const findListener = async (port: number, run: Run): Promise<string | undefined> => {
  try {
    return process.platform === 'linux' ? await findInProc(port) : await findWithLsof(port, run);
  } catch {
    // A courtesy: without rights to look, or without lsof, the message goes without the name.
    return undefined;
  }
};

const findWithLsof = async (port: number, run: Run): Promise<string | undefined> => {
  const { stdout } = await run('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc']);
  const pid = /^p(\d+)$/m.exec(stdout)?.[1];
  return pid === undefined ? undefined : `${/^c(.+)$/m.exec(stdout)?.[1] ?? 'a process'} (pid ${pid})`;
};

const findInProc = async (port: number): Promise<string | undefined> => {
  const inode = await listeningInode(port);
  if (inode === undefined) return undefined;
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    if (await holdsSocket(pid, inode)) {
      return `${(await readFile(`/proc/${pid}/comm`, 'utf8')).trim()} (pid ${pid})`;
    }
  }
  return undefined;
};

/** The tables of proc(5): local address and port in hexadecimal, state 0A is LISTEN, the tenth column is the inode. */
const listeningInode = async (port: number): Promise<string | undefined> => {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of (await readFile(table, 'utf8')).split('\n').slice(1)) {
      const columns = line.trim().split(/\s+/);
      if (columns[1]?.endsWith(suffix) && columns[3] === '0A') return columns[9];
    }
  }
  return undefined;
};

const holdsSocket = async (pid: string, inode: string): Promise<boolean> => {
  try {
    const folder = `/proc/${pid}/fd`;
    for (const descriptor of await readdir(folder)) {
      if ((await readlink(`${folder}/${descriptor}`)) === `socket:[${inode}]`) return true;
    }
  } catch {
    // Another user's process, or one that has just ended.
  }
  return false;
};
