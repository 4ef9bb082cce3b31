import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { lockFolder } from '@gatehouse/database/embedded';
import { openRollingLog, requireFreePort, version } from '@gatehouse/embedded';
import { explainFailure, runUntilSignal } from '@gatehouse/service-kit';
import type { ServersConfig } from './config.ts';
import { startServers } from './start.ts';
import { startScreen } from './start-screen.ts';

type Run = Readonly<{
  root: string;
  searchPath: string;
  readConfig: () => ServersConfig;
  print: (text: string) => void;
  complain: (text: string) => void;
}>;

/** Two rounds of draining, gateways and services, and the servers after them. */
const stopLimitMs = 40_000;

/** Answers the exit code: 0 after an orderly end, 1 when it could not start or not end in time, 130 after a second Ctrl-C. */
export const runUntilStopped = async (run: Run): Promise<number> => {
  try {
    return await runOnce(run);
  } catch (error) {
    run.complain(`\nGatehouse could not start. ${explainFailure(error)}`);
    return 1;
  }
};

const runOnce = async ({ root, searchPath, readConfig, print, complain }: Run): Promise<number> => {
  const startedAt = performance.now();
  const config = readConfig();
  await mkdir(config.dataDir, { recursive: true });
  const lock = await lockFolder(await realpath(config.dataDir), `${config.publicUrl} (pid ${process.pid})`);
  if (!lock.held) {
    complain(
      `Gatehouse is already running on this data: ${lock.holder}.\n` +
        'Stop it first, or start a second one with DATA_DIR, GATEWAY_PORTS and OPERATIONS_PORTS of its own.',
    );
    return 1;
  }
  for (const { port, operationsPort } of config.gateways) {
    await requireFreePort('GATEWAY_PORTS', port, config.host);
    await requireFreePort('OPERATIONS_PORTS', operationsPort, '127.0.0.1');
  }
  const folder = join(config.dataDir, 'logs');
  const log = await openRollingLog(folder, 'servers');
  const report = (line: string): void => {
    log.write(`start     ${line}`);
    if (isUp) print(`  ${line}`);
  };
  let isUp = false;
  try {
    return await runUntilSignal({
      start: async (stopping) => {
        const product = await startServers({
          ...{ config, root, searchPath, report, stopping },
          log: log.write,
        });
        const tookMs = performance.now() - startedAt;
        print(startScreen(config, product, { version, tookMs, logs: folder }));
        isUp = true;
        return product;
      },
      stopLimitMs,
      onStopping: () =>
        print('\n  Stopping: gateways, then services, then servers (Ctrl-C again ends at once) …'),
    });
  } finally {
    await log.close();
    await lock.release();
  }
};
