import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createConnection, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a running instance says of itself to a second start. */
export type RunningInstance = Readonly<{ pid: number; url: string }>;

export type InstanceLock = Readonly<{ release(): Promise<void> }>;

/**
 * Holds a data folder for one running product. The lock is a local socket, not a file: it goes with the process that holds it, also
 * after `kill -9`, and tells a second start who is there. Linux has sockets without a file (abstract), Windows has pipes; elsewhere a
 * socket file that nobody answers on is a dead one and is replaced.
 */
export const lockInstance = async (
  dataDir: string,
  self: RunningInstance,
): Promise<{ lock: InstanceLock } | { runningAlready: RunningInstance }> => {
  const path = socketPath(dataDir);
  for (let tries = 0; tries < 3; tries += 1) {
    const server = await tryToListen(path, self);
    if (server) return { lock: { release: () => close(server) } };
    const running = await askWhoIsThere(path);
    if (running) return { runningAlready: running };
    if (process.platform !== 'win32' && !path.startsWith('\0')) rmSync(path, { force: true });
  }
  throw new Error(`Could not lock ${dataDir}: its socket is taken, but nobody answers on it.`);
};

const socketPath = (dataDir: string): string => {
  const name = `gatehouse-${createHash('sha256').update(dataDir).digest('hex').slice(0, 24)}`;
  switch (process.platform) {
    case 'linux':
      return `\0${name}`;
    case 'win32':
      return `\\\\.\\pipe\\${name}`;
    default:
      return join(tmpdir(), `${name}.sock`);
  }
};

const tryToListen = async (path: string, self: RunningInstance): Promise<Server | undefined> => {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.end(JSON.stringify(self));
  });
  server.unref();
  server.listen(path);
  try {
    await once(server, 'listening');
    return server;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined;
    throw error;
  }
};

const askWhoIsThere = async (path: string): Promise<RunningInstance | undefined> => {
  const socket = createConnection(path);
  socket.setTimeout(2000, () => socket.destroy(new Error('nobody answered')));
  try {
    let answer = '';
    for await (const chunk of socket) answer += String(chunk);
    return JSON.parse(answer) as RunningInstance;
  } catch {
    // Refused or silent: whoever made the socket is gone.
    return undefined;
  }
};

const close = async (server: Server): Promise<void> => {
  server.close();
  await once(server, 'close');
};
