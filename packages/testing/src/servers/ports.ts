import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { serverError } from './server-errors.ts';

/**
 * Below the ports that the system gives to outgoing connections (32768 and up on Linux, 49152 elsewhere). Of those, one that
 * is free while a server is down may be taken by a client; a client that retries may even connect to itself.
 */
const lowest = 15_000;
const highest = 32_000;
const attempts = 200;

/** The one that clients use, and two that a server may need beside it. */
export type Ports = readonly [main: number, second: number, third: number];

/** Three different ports of loopback, free now. Somebody may take one before it is used: be ready to ask again. */
export const findFreePorts = async (): Promise<Ports> => {
  const found = new Set<number>();
  for (let attempt = 0; attempt < attempts; attempt++) {
    const port = randomInt(lowest, highest);
    if (await isFree(port)) found.add(port);
    const [main, second, third] = [...found];
    if (main !== undefined && second !== undefined && third !== undefined) return [main, second, third];
  }
  const message = `There are no three free ports between ${lowest} and ${highest}.`;
  throw serverError('server_start_failed', { message });
};

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
