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

/** Resolves with the healthy instances when every service is there twice, and every gateway is ready and gives requests to both. */
export const waitUntilReady = async (o: Readiness): Promise<readonly InstanceReport[]> => {
  const endsAt = performance.now() + limitMs;
  while (performance.now() < endsAt) {
    o.stopping.throwIfAborted();
    const lost = o.givenUp();
    if (lost !== undefined)
      throw startError('process_given_up', { message: `${lost} ends again and again; the log says why.` });
    const healthy = await listHealthy(o);
    if (healthy !== undefined && (await areGatewaysReady(o))) return healthy;
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

const areGatewaysReady = async ({ operationsPorts, services }: Readiness): Promise<boolean> => {
  const answers = await Promise.all(
    operationsPorts.map(async (port) => {
      const origin = `http://127.0.0.1:${port}`;
      return (await isReady(origin)) && (await givesRequestsTo(origin, services));
    }),
  );
  return answers.every(Boolean);
};

/** What the registry says, a gateway may hear a second later: while much changes, it asks once a second. */
const givesRequestsTo = async (origin: string, services: readonly string[]): Promise<boolean> => {
  const metrics = await ask(`${origin}/metrics`).then(
    (response) => response.text(),
    () => '',
  );
  return services.every((name) => {
    const [, available] = metrics.match(`gateway_instances_available\\{service="${name}"\\} (\\d+)`) ?? [];
    return Number(available ?? 0) >= 2;
  });
};

const ask = (url: string): Promise<Response> => fetch(url, { signal: AbortSignal.timeout(2_000) });

const isReady = (origin: string): Promise<boolean> =>
  ask(`${origin}/readyz`).then(
    (response) => response.ok,
    () => false,
  );
