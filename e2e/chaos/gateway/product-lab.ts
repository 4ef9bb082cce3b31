import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { SignedIn } from '../../src/client.ts';
import type { ProductOnServers } from '../../src/servers-product.ts';

/** Two gateways and two instances of each service, as processes on real servers. */
export type ProductLab = Readonly<{
  product: ProductOnServers;
  admin: SignedIn;
  users: readonly SignedIn[];
  /** Where `preload/hold.ts` looks. */
  hooks: string;
  short: boolean;
}>;

/** Ends these processes by SIGKILL, and keeps those that take their place from starting until the answer is called. */
export const takeDown = async (
  { product, hooks }: ProductLab,
  instances: readonly string[],
): Promise<() => Promise<void>> => {
  const orders = instances.map((instance) => join(hooks, `hold-${instance}`));
  for (const order of orders) await writeFile(order, '');
  const pids = await Promise.all(instances.map((instance) => product.pidOf(instance)));
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  return async () => {
    for (const order of orders) await rm(order);
  };
};

/** `T` for one that is stopped; undefined where it is gone. */
export const processState = async (pid: number): Promise<string | undefined> => {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat.slice(stat.lastIndexOf(')') + 2)[0];
};

/** Waits until it is there no more; answers how long that took. */
export const whenGone = async (pid: number, limitMs = 15_000): Promise<number> => {
  const startedAt = performance.now();
  for (;;) {
    const state = await processState(pid);
    const tookMs = Math.round(performance.now() - startedAt);
    if (state === undefined || state === 'Z') return tookMs;
    if (tookMs > limitMs) throw new Error(`Process ${pid} did not end.`);
    await delay(10);
  }
};

/** The process that took the place of `former`. */
export const nextPid = async (lab: ProductLab, instance: string, former: number): Promise<number> => {
  for (;;) {
    const pid = await lab.product.pidOf(instance).catch(() => former);
    if (pid !== former && pid > 0) return pid;
    await delay(20);
  }
};
