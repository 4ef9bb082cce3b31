import { setTimeout as delay } from 'node:timers/promises';
import { defineErrors } from '@gatehouse/errors';
import { type InstanceReport, instanceOrigin } from '@gatehouse/registry';

const startError = defineErrors({
  process_given_up: ['unavailable', 'A process ends again and again.'],
  start_timeout: ['timeout', 'The product was not ready in time.'],
});

export type Readiness = Readonly<{
  operationsPorts: readonly number[];
  services: readonly string[];
  listInstances: () => Promise<readonly InstanceReport[]>;
  /** The name of a process that is not started again. */
  givenUp: () => string | undefined;
  stopping: AbortSignal;
}>;

const limitMs = 120_000;
const everyMs = 200;

/** Resolves with the healthy instances when every gateway is ready and every service is there twice. */
export const waitUntilReady = async (o: Readiness): Promise<readonly InstanceReport[]> => {
  const endsAt = performance.now() + limitMs;
  while (performance.now() < endsAt) {
    o.stopping.throwIfAborted();
    const lost = o.givenUp();
    if (lost !== undefined)
      throw startError('process_given_up', { message: `${lost} ends again and again; the log says why.` });
    const healthy = await listHealthy(o);
    if (healthy !== undefined && (await areReady(o.operationsPorts))) return healthy;
    await delay(everyMs);
  }
  throw startError('start_timeout', {
    message: `Not every process was ready within ${limitMs / 1000} s; the log says why.`,
  });
};

/** Asked directly as well: after a kill the registry still lists the dead for some seconds. */
const listHealthy = async ({
  listInstances,
  services,
}: Readiness): Promise<readonly InstanceReport[] | undefined> => {
  const all = await listInstances().catch(() => []);
  const listed = all.filter(({ health, service }) => health === 'passing' && services.includes(service));
  const alive = await Promise.all(listed.map((instance) => isReady(instanceOrigin(instance))));
  const healthy = listed.filter((_, i) => alive[i]);
  const areThere = services.every((name) => healthy.filter(({ service }) => service === name).length >= 2);
  return areThere ? healthy : undefined;
};

const areReady = async (ports: readonly number[]): Promise<boolean> => {
  const answers = await Promise.all(ports.map((port) => isReady(`http://127.0.0.1:${port}`)));
  return answers.every(Boolean);
};

const isReady = (origin: string): Promise<boolean> =>
  fetch(`${origin}/readyz`, { signal: AbortSignal.timeout(2_000) }).then(
    (response) => response.ok,
    () => false,
  );
