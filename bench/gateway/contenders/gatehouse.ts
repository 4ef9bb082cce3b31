import { createServiceTokens } from '@gatehouse/auth';
import { parseGatewaySettings, startGateway } from '@gatehouse/gateway';
import type { Instance, Registry } from '@gatehouse/registry';
import { systemClock } from '@gatehouse/resilience';
import { createLogger, loadTracing } from '@gatehouse/service-kit';
import { stopOnDemand, tellPorts, upstreamUrl } from './serve.ts';

const instanceOf = (service: string, port: string | undefined, number: number): Instance => ({
  ...{ id: `${service}-${number}`, service, address: `127.0.0.${number}` },
  ...{ port: Number(port), version: '1.0.0', tags: [] },
});

/** Two services that never change: what is measured is the gateway, not a registry. */
const instances: Readonly<Record<string, readonly Instance[]>> = {
  upstream: Array.from({ length: Number(process.env.INSTANCES ?? 1) }, (_, index) =>
    instanceOf('upstream', process.env.UPSTREAM_PORT, index + 1),
  ),
  users: [instanceOf('users', process.env.USERS_PORT, 1)],
};

const registry: Registry = {
  register: async () => ({ deregister: async () => {} }),
  watch: (service, onChange) => {
    const healthy = instances[service] ?? [];
    onChange?.(healthy);
    return { instances: () => healthy, updatedAt: () => Date.now(), close: () => {} };
  },
  list: async () => [],
  close: async () => {},
};

const logger = createLogger({ name: 'gatehouse' }).child({ service: 'gateway' });

// The gateway as it runs alone: its own settings from the environment, its own log on standard output, spans of 1% of the
// requests to a collector (the upstream, which says 200 to everything).
const openTracing = await loadTracing({
  endpoint: upstreamUrl,
  onFailure: (err) => logger.warn({ err }, 'spans could not be sent'),
});
const gateway = await startGateway({
  settings: parseGatewaySettings(process.env),
  registry,
  serviceTokens: createServiceTokens({ secret: 'benchmark '.repeat(4), clock: systemClock }),
  clock: systemClock,
  ...{ logger, openTracing },
});
tellPorts({ http: gateway.port, operations: gateway.operationsPort });
stopOnDemand(() => gateway.stop());
