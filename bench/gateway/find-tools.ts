import { accessSync, constants } from 'node:fs';
import { availableParallelism } from 'node:os';
import { delimiter, join } from 'node:path';

const packageOf = {
  nginx: 'nginx-light',
  wrk: 'wrk',
  taskset: 'util-linux',
  'redis-server': 'redis-server',
} as const;

type Tool = keyof typeof packageOf;
export type Tools = Readonly<{ nginx: string; wrk: string; redis: string | undefined }>;

/**
 * Finds the programs that the benchmark runs.
 *
 * @throws Error that says what to install, or why this machine will not do.
 */
export const findTools = (): Tools => {
  if (process.platform !== 'linux')
    throw new Error('The benchmark needs Linux: it reads /proc and pins processes.');
  if (availableParallelism() < 2) {
    throw new Error('The benchmark needs two cores: one for the gateway, one for the load and the upstream.');
  }
  const needed: Tool[] = ['nginx', 'wrk', 'taskset'];
  const missing = needed.filter((tool) => find(tool) === undefined);
  if (missing.length > 0) {
    const packages = missing.map((tool) => packageOf[tool]).join(' ');
    throw new Error(
      `Missing: ${missing.join(', ')}. On Debian or Ubuntu: sudo apt-get install -y ${packages}`,
    );
  }
  return { nginx: find('nginx') as string, wrk: find('wrk') as string, redis: find('redis-server') };
};

const find = (tool: Tool): string | undefined =>
  [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
    .map((folder) => join(folder, tool))
    .find(isExecutable);

const isExecutable = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};
