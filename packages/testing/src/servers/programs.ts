import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { ServerName } from './real-server.ts';

/** PostgreSQL's program comes with npm; these must be there. */
export type InstalledServer = Exclude<ServerName, 'postgres'>;

const cache = join(import.meta.dirname, '../../../../node_modules/.cache/gatehouse/servers');

/**
 * Where each may be: what `npm run servers:install` put there, then PATH. Debian's `rabbitmq-server` on PATH is a wrapper
 * that changes the user and writes into /var; the program itself lies elsewhere.
 */
const places: Readonly<Record<InstalledServer, readonly string[]>> = {
  rabbitmq: ['/usr/lib/rabbitmq/bin/rabbitmq-server', 'rabbitmq-server'],
  consul: [join(cache, 'consul/usr/bin/consul'), 'consul'],
  redis: ['redis-server', 'valkey-server'],
};

/** The path of a server's program, or undefined when it is not installed. */
export const findProgram = async (name: InstalledServer): Promise<string | undefined> => {
  for (const place of places[name]) {
    const found = await findOnPath(place);
    if (found !== undefined) return found;
  }
  return undefined;
};

const findOnPath = async (place: string): Promise<string | undefined> => {
  if (place.includes('/')) return (await isProgram(place)) ? place : undefined;
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/opt/homebrew/sbin'];
  for (const folder of folders.filter((one) => one !== '')) {
    const path = join(folder, place);
    if (await isProgram(path)) return path;
  }
  return undefined;
};

export const isProgram = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
