import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import { defineErrors } from '@gatehouse/errors';
import { findListener } from './port-owner.ts';

const portError = defineErrors({
  port_taken: ['conflict', 'A port is taken.'],
});

/**
 * Makes sure that a port can be listened on, before anything is started.
 *
 * @throws port_taken naming the variable, who has the port (where the system tells) and a free one.
 */
export const requireFreePort = async (variable: string, port: number, host?: string): Promise<void> => {
  if (port === 0 || (await canListen(port, host))) return;
  const owner = await findListener(port, promisify(execFile));
  const free = await nextFreePort(port, host);
  const hint = free === undefined ? 'another port' : `${variable}=${free} npm start`;
  throw portError('port_taken', {
    message: `Port ${port} is taken${owner ? ` by ${owner}` : ''}. Stop that process, or choose another port: ${hint}`,
  });
};

const canListen = async (port: number, host: string | undefined): Promise<boolean> => {
  const server = createServer();
  server.listen({ port, ...(host === undefined ? {} : { host }), exclusive: true });
  try {
    await once(server, 'listening');
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE' || code === 'EACCES') return false;
    throw error;
  } finally {
    server.close();
  }
};

const nextFreePort = async (taken: number, host: string | undefined): Promise<number | undefined> => {
  for (let port = taken + 1; port <= Math.min(taken + 20, 65_535); port += 1) {
    if (await canListen(port, host)) return port;
  }
  return undefined;
};
