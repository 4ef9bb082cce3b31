import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';

/** The port of the last time, so that addresses written down elsewhere stay true where possible. */
export const readLastPort = async (home: string): Promise<number | undefined> => {
  const port = Number(await readFile(join(home, 'port'), 'utf8').catch(() => ''));
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined;
};

export const saveLastPort = (home: string, port: number): Promise<void> =>
  writeFile(join(home, 'port'), `${port}\n`);

/** A port that is free now; somebody may take it before it is used, so its user must be ready to ask again. */
export const findFreePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
