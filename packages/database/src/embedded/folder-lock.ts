import { createHash } from 'node:crypto';
import { unlink } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** `holder` is what the one who has the folder says about itself. */
export type FolderLock = Readonly<{ held: true; release(): Promise<void> } | { held: false; holder: string }>;

const answerTimeoutMs = 1_000;

/**
 * Claims a folder for this process until it ends, however it ends: the lock is a listening socket with a name made of the
 * folder's path, which the kernel takes back by itself. (A file with a process id in it goes stale, and ids are reused.)
 * Processes in different containers do not see each other's locks.
 */
export const lockFolder = async (folder: string, about: string): Promise<FolderLock> => {
  const address = addressFor(folder);
  for (let attempt = 1; ; attempt++) {
    const server = await tryListen(address, about);
    if (server !== undefined) return { held: true, release: () => closeServer(server) };
    const holder = await ask(address);
    if (holder !== undefined || attempt === 3) return { held: false, holder: holder ?? 'unknown' };
    // Nobody answers: a socket's file can outlive its process (not on Linux and Windows, whose names are no files).
    if (process.platform !== 'linux' && process.platform !== 'win32') await unlink(address).catch(() => {});
  }
};

const addressFor = (folder: string): string => {
  const name = `gatehouse-${createHash('sha256').update(folder).digest('hex').slice(0, 24)}`;
  switch (process.platform) {
    case 'linux':
      return `\0${name}`;
    case 'win32':
      return `\\\\.\\pipe\\${name}`;
    default:
      return join(tmpdir(), `${name}.sock`);
  }
};

const tryListen = (address: string, about: string): Promise<Server | undefined> =>
  new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.end(about);
    });
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(address, () => {
      server.unref();
      resolve(server);
    });
  });

const ask = (address: string): Promise<string | undefined> =>
  new Promise((resolve) => {
    let answer = '';
    const socket = connect(address);
    socket.setTimeout(answerTimeoutMs, () => {
      resolve('unknown');
      socket.destroy();
    });
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      answer = (answer + text).slice(0, 500);
    });
    socket.on('end', () => resolve(answer));
    socket.on('error', () => resolve(undefined));
  });

const closeServer = (server: Server): Promise<void> =>
  new Promise((resolve) => server.close(() => resolve()));
