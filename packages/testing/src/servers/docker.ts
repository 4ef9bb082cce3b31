import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { serverError } from './server-errors.ts';

/** Pulling an image included. */
const timeoutMs = 300_000;
const findTimeoutMs = 5_000;

/** What `docker` answers. */
export const docker = async (args: readonly string[], limitMs = timeoutMs): Promise<string> => {
  try {
    const { stdout } = await promisify(execFile)('docker', args, { timeout: limitMs });
    return stdout.trim();
  } catch (cause) {
    const message = `docker ${args[0]} failed: ${cause instanceof Error ? cause.message : cause}`;
    throw serverError('server_refused', { message, cause });
  }
};

let found: Promise<boolean> | undefined;

/** Whether a Docker Engine answers; asked once. */
export const hasDocker = (): Promise<boolean> => {
  found ??= docker(['version', '--format', '{{.Server.Version}}'], findTimeoutMs).then(
    (version) => version !== '',
    () => false,
  );
  return found;
};
