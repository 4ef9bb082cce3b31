import { startEmbedded } from './embedded-product.ts';
import { joinRunning } from './running-product.ts';
import { startOnServers } from './servers-product.ts';

/** Where a product runs already, which somebody else started and will end: then the tests only use it. */
const runningUrl = process.env.GATEHOUSE_E2E_URL;

/** False where tests that end or restart the product have nothing to try. */
export const isOurs = runningUrl === undefined;

export const administrator = {
  email: process.env.GATEHOUSE_E2E_ADMIN_EMAIL ?? 'admin@example.com',
  password: process.env.GATEHOUSE_E2E_ADMIN_PASSWORD ?? 'a-long-enough-password',
} as const;

export type Product = Readonly<{
  url: string;
  /** Each gateway by itself, for what each keeps in its own memory. */
  gateways: readonly string[];
  operationsUrl: string;
  dataDir: string;
  /** What it printed so far. */
  output(): string;
  /** Sends a signal to all of the product's own processes (not to its servers) and waits for their end. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
  /** Starts it again on the same data and ports after it ended. */
  restart(): Promise<void>;
  /** Ends it and removes its data. */
  dispose(): Promise<void>;
}>;

/** Over those of a user's first start. */
export type ProductSettings = Readonly<Record<string, string>>;

/**
 * Starts the product as a user does, with ports and data of its own, and waits until it is ready: in
 * one process or, with `GATEHOUSE_E2E=servers`, as two processes of everything on RabbitMQ, Consul, Redis and PostgreSQL.
 * With `GATEHOUSE_E2E_URL` it uses the product that runs there, whatever its settings (`npm run test:compose`).
 */
export const startProduct = (settings: ProductSettings = {}): Promise<Product> => {
  if (runningUrl !== undefined)
    return joinRunning(runningUrl, process.env.GATEHOUSE_E2E_OPERATIONS_URL ?? '');
  const all = {
    PATH: process.env.PATH ?? '',
    ADMIN_EMAIL: administrator.email,
    ADMIN_PASSWORD: administrator.password,
    RATE_LIMIT_FACTOR: '1000',
    ...settings,
  };
  return process.env.GATEHOUSE_E2E === 'servers' ? startOnServers(all) : startEmbedded(all);
};
