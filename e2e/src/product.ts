import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const root = dirname(dirname(import.meta.dirname));

export const administrator = { email: 'admin@example.com', password: 'a-long-enough-password' } as const;

export type Product = Readonly<{
  url: string;
  operationsUrl: string;
  dataDir: string;
  /** What it printed so far. */
  output(): string;
  /** Sends a signal to the product's own process (not to its PostgreSQL) and waits for its end. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
  /** Starts it again on the same data and ports after it ended. */
  restart(): Promise<void>;
  /** Ends it and removes its data. */
  dispose(): Promise<void>;
}>;

/**
 * Starts the product as a user does, through the bootstrap, as a process of its own with ports and data of its own, and
 * waits until it is ready (at most 60 s).
 */
export const startProduct = async (settings: Readonly<Record<string, string>> = {}): Promise<Product> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'gatehouse-e2e-'));
  // Under root PostgreSQL runs as another account, which has to reach its data.
  await chmod(dataDir, 0o755);
  const [port, operationsPort] = [await freePort(), await freePort()];
  const env = {
    PATH: process.env.PATH ?? '',
    PORT: String(port),
    OPERATIONS_PORT: String(operationsPort),
    DATA_DIR: dataDir,
    ADMIN_EMAIL: administrator.email,
    ADMIN_PASSWORD: administrator.password,
    RATE_LIMIT_FACTOR: '1000',
    ...settings,
  };
  const operationsUrl = `http://127.0.0.1:${operationsPort}`;
  let output = '';
  let running: ChildProcess;

  const start = async (): Promise<void> => {
    running = spawn(process.execPath, [join(root, 'scripts/bootstrap.mjs'), 'infra/embedded/src/main.ts'], {
      cwd: root,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [running.stdout, running.stderr]) {
      stream?.on('data', (chunk) => {
        output = (output + chunk).slice(-200_000);
      });
    }
    await waitUntilReady(running, operationsUrl, () => output);
  };

  const end = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> => {
    if (running.exitCode !== null || running.signalCode !== null) return running.exitCode;
    const ended = once(running, 'exit');
    running.kill(signal);
    await ended;
    return running.exitCode;
  };

  await start();
  return {
    url: `http://127.0.0.1:${port}`,
    operationsUrl,
    dataDir,
    output: () => output,
    end,
    restart: start,
    dispose: async () => {
      // A killed product leaves its PostgreSQL behind; a start and an orderly end take it along.
      if (running.exitCode === null && running.signalCode !== null) await start();
      await end('SIGTERM');
      await rm(dataDir, { recursive: true, force: true });
    },
  };
};

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

const waitUntilReady = async (
  child: ChildProcess,
  operationsUrl: string,
  output: () => string,
): Promise<void> => {
  const giveUpAt = Date.now() + 60_000;
  while (Date.now() < giveUpAt) {
    if (child.exitCode !== null) throw new Error(`The product ended with ${child.exitCode}:\n${output()}`);
    const ready = await fetch(`${operationsUrl}/readyz`).then(
      (response) => response.ok,
      () => false,
    );
    if (ready) return;
    await delay(50);
  }
  throw new Error(`The product was not ready within 60 s:\n${output()}`);
};
