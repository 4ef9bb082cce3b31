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
  const stream = await openRollingFile({
    file: join(folder, 'gatehouse'),
    extension: '.log',
    size: '10m',
    limit: { count: 2 },
    mkdir: true,
    sync: false,
    minLength: 4096,
    periodicFlush: 1000,
  });
  const closed = new Promise<void>((resolve) => stream.once('close', resolve));
  return {
    logger: createLogger({ name: 'gatehouse', level, destination: stream }),
    file: folder,
    close: () => {
      stream.end();
      return closed;
    },
  };
};
