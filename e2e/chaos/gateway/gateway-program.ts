// The gateway as it runs alone, its settings from the environment, in front of instances that never change: what is tried is the
// gateway, not a registry. INSTANCES: {"<service>": [<port>, …]}.
import { createServiceTokens } from '@gatehouse/auth';
import { parseGatewaySettings, startGateway } from '@gatehouse/gateway';
import type { Instance, Registry } from '@gatehouse/registry';
import { systemClock } from '@gatehouse/resilience';
import { createLogger } from '@gatehouse/service-kit';
import { answerParent } from './child-program.ts';
import type { HeapFigures } from './gateway-alone.ts';

const ports: Readonly<Record<string, readonly number[]>> = JSON.parse(process.env.INSTANCES ?? '{}');
const instances = new Map(
  Object.entries(ports).map(([service, list]) => [service, list.map((port) => instanceAt(service, port))]),
);

function instanceAt(service: string, port: number): Instance {
  return { id: `${service}-${port}`, service, address: '127.0.0.1', port, version: '1.0.0', tags: [] };
}

const registry: Registry = {
  register: async () => ({ deregister: async () => {} }),
  watch: (service, onChange) => {
    const healthy = instances.get(service) ?? [];
    onChange?.(healthy);
    return { instances: () => healthy, updatedAt: () => Date.now(), close: () => {} };
  },
  list: async () => [],
  close: async () => {},
};

const gateway = await startGateway({
  settings: parseGatewaySettings(process.env),
  registry,
  serviceTokens: createServiceTokens({ secret: 'experiments '.repeat(4), clock: systemClock }),
  clock: systemClock,
  logger: createLogger({ name: 'gatehouse' }).child({ service: 'gateway' }),
});

const sampleEveryMs = 5;
let sampling: NodeJS.Timeout | undefined;
let firstRss = 0;
let mostRss = 0;

const look = (): void => {
  mostRss = Math.max(mostRss, process.memoryUsage.rss());
};

/** Twice, and a moment between: what finalizers let go of is gone as well. */
const collect = async (): Promise<void> => {
  for (let time = 0; time < 2; time += 1) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

answerParent(
  { http: gateway.port, operations: gateway.operationsPort },
  {
    setBreaker: ([name, mode]: [string, 'open' | 'closed' | 'auto']) =>
      gateway.inspection.setBreaker(name, mode),
    breakers: () => gateway.inspection.breakers(),
    heap: async (): Promise<HeapFigures> => {
      await collect();
      const { heapUsed, external } = process.memoryUsage();
      return { heapUsed, external };
    },
    startSampling: (): void => {
      firstRss = process.memoryUsage.rss();
      mostRss = firstRss;
      sampling = setInterval(look, sampleEveryMs);
    },
    /** By how many bytes the process was larger than at the start, at most. */
    stopSampling: (): number => {
      clearInterval(sampling);
      look();
      return mostRss - firstRss;
    },
  },
  () => gateway.stop(),
);
