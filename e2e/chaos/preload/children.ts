// Preloaded into the process that starts the product's others: gives each of them what the experiment preloads (CHAOS_PRELOAD). Nothing
// of the product knows of it, and no process that is started without it can be made to fail by it.
import childProcess, { type SpawnOptions } from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';

const { CHAOS_PRELOAD = '', CHAOS_HOOKS = '' } = process.env;
const { spawn } = childProcess;

childProcess.spawn = ((command: string, args: readonly string[], options: SpawnOptions = {}) => {
  const isOurs = command === process.execPath && options.env !== undefined;
  const env = isOurs
    ? { ...options.env, NODE_OPTIONS: `--import ${CHAOS_PRELOAD}`, CHAOS_HOOKS }
    : options.env;
  return spawn(command, args, env === undefined ? options : { ...options, env });
}) as typeof spawn;
syncBuiltinESMExports();
