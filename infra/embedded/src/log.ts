/// <reference path="./pino-roll.d.ts" />
import { join } from 'node:path';
import { createLogger } from '@gatehouse/service-kit';
import { type Logger, pino } from 'pino';
import openRollingFile from 'pino-roll';
import type { EmbeddedConfig } from './config.ts';

/** Where the log of this process goes. `close` writes what is still in memory. */
export type OpenLog = Readonly<{ logger: Logger; file: string | undefined; close(): Promise<void> }>;

/**
 * The log beside a start screen goes to a file: at most 3 files of 10 MB. On standard output it is for whoever collects it.
 * Redaction is the service kit's: every service and the gateway log through children of this logger.
 */
export const openLog = async (config: EmbeddedConfig): Promise<OpenLog> => {
  const { level } = config.log;
  if (config.log.to === 'stdout') {
    const destination = pino.destination({ dest: 1, sync: true });
    return {
      logger: createLogger({ name: 'gatehouse', level, destination }),
      file: undefined,
      close: async () => {},
    };
  }
  const folder = join(config.dataDir, 'logs');
  const { stream, close } = await openRollingFileIn(folder, 'gatehouse');
  return { logger: createLogger({ name: 'gatehouse', level, destination: stream }), file: folder, close };
};

/** Lines from several processes, in one file of which at most 3 times 10 MB are kept. */
export const openRollingLog = async (
  folder: string,
  name: string,
): Promise<Readonly<{ write(line: string): void; close(): Promise<void> }>> => {
  const { stream, close } = await openRollingFileIn(folder, name);
  return { write: (line) => void stream.write(`${line}\n`), close };
};

/** What cannot be written yet; further lines are lost. */
const heldBytes = 4 * 1024 * 1024;

const openRollingFileIn = async (folder: string, name: string) => {
  const stream = await openRollingFile({
    file: join(folder, name),
    extension: '.log',
    size: '10m',
    limit: { count: 2 },
    mkdir: true,
    sync: false,
    minLength: 4096,
    periodicFlush: 1000,
    maxLength: heldBytes,
  });
  // A full disk costs lines, never the process; what is held is written when there is room again.
  stream.on('error', () => {});
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      stream.once('close', resolve);
      stream.once('error', () => resolve());
      stream.end();
    });
  return { stream, close };
};
