// Preloaded into the process that starts the product's others: gives each of them the hooks of the experiments. Nothing of the
// product knows of it, and no process that is started without it can be made to fail by it.
import childProcess, { type SpawnOptions } from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';

const hooks = join(import.meta.dirname, 'hooks.ts');
const folder = process.env.CHAOS_HOOKS ?? '';
const { spawn } = childProcess;

childProcess.spawn = ((command: string, args: readonly string[], options: SpawnOptions = {}) => {
  const isOurs = command === process.execPath && options.env !== undefined;
  const env = isOurs
    ? { ...options.env, NODE_OPTIONS: `--import ${hooks}`, CHAOS_HOOKS: folder }
    : options.env;
  return spawn(command, args, env === undefined ? options : { ...options, env });
}) as typeof spawn;
syncBuiltinESMExports();
