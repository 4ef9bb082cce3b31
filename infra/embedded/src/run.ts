import { mkdir, realpath } from 'node:fs/promises';
import { lockFolder } from '@gatehouse/database/embedded';
import { explainFailure, runUntilSignal } from '@gatehouse/service-kit';
import type { EmbeddedConfig } from './config.ts';
import { requireFreePort } from './free-port.ts';
import { openLog } from './log.ts';
import { startGatehouse } from './start.ts';
import { startScreen } from './start-screen.ts';
import { version } from './version.ts';

type Run = Readonly<{
  readConfig: () => EmbeddedConfig;
  print: (text: string) => void;
  complain: (text: string) => void;
}>;

/** All parts together have this long to end after a signal. */
const STOP_LIMIT_MS = 20_000;

/**
 * Starts the product, waits for Ctrl-C or SIGTERM and drains it. Answers the exit code: 0 after an orderly end, 1 when it could not start
 * or could not drain in time, 130 when Ctrl-C came twice.
 */
export const runUntilStopped = async (run: Run): Promise<number> => {
  try {
    return await runOnce(run);
  } catch (error) {
    run.complain(`\nGatehouse could not start. ${explainFailure(error)}`);
    return 1;
  }
};

const runOnce = async ({ readConfig, print, complain }: Run): Promise<number> => {
  const startedAt = performance.now();
  const config = readConfig();
  const url = `http://localhost:${config.port}`;
  await mkdir(config.dataDir, { recursive: true });
  const lock = await lockFolder(await realpath(config.dataDir), `${url} (pid ${process.pid})`);
  if (!lock.held) {
    complain(
      `Gatehouse is already running on this data: ${lock.holder}.\n` +
        'Stop it first, or start a second one with DATA_DIR, PORT and OPERATIONS_PORT of its own.',
    );
    return 1;
  }
  await requireFreePort('PORT', config.port, config.host);
  await requireFreePort('OPERATIONS_PORT', config.operationsPort, '127.0.0.1');

  const log = await openLog(config);
  try {
    return await runUntilSignal({
      start: async () => {
        const running = await startGatehouse(config, log.logger);
        const tookMs = performance.now() - startedAt;
        print(startScreen(config, running, { version, tookMs, logs: log.file }));
        return running;
      },
      stopLimitMs: STOP_LIMIT_MS,
      onStopping: () => print('\n  Stopping: finishing what is in flight (Ctrl-C again ends at once) …'),
    });
  } finally {
    await log.close();
    await lock.release();
  }
};
