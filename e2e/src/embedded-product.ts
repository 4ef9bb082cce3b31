import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import type { Product, ProductSettings } from './product.ts';
import { createStartScript } from './start-script.ts';

/** `npm start`: everything in one process, PostgreSQL beside it. */
export const startEmbedded = async (settings: ProductSettings): Promise<Product> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'gatehouse-e2e-'));
  // Under root PostgreSQL runs as another account, which has to reach its data.
  await chmod(dataDir, 0o755);
  const [port, operationsPort] = [await freePort(), await freePort()];
  const operationsUrl = `http://127.0.0.1:${operationsPort}`;
  const script = createStartScript({
    entry: 'infra/embedded/src/main.ts',
    env: { PORT: String(port), OPERATIONS_PORT: String(operationsPort), DATA_DIR: dataDir, ...settings },
    readyUrls: [`${operationsUrl}/readyz`],
    limitMs: 60_000,
  });
  await script.start();
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    gateways: [url],
    operationsUrl,
    dataDir,
    output: script.output,
    end: (signal = 'SIGTERM') => script.end(signal),
    restart: script.start,
    dispose: async () => {
      // A killed product leaves its PostgreSQL behind; a start and an orderly end take it along.
      if (!script.isRunning()) await script.start();
      await script.end('SIGTERM');
      await rm(dataDir, { recursive: true, force: true });
    },
  };
};
