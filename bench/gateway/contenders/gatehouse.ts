import { createServiceTokens } from '@gatehouse/auth';
import { parseGatewaySettings, startGateway } from '@gatehouse/gateway';
import type { Instance, Registry } from '@gatehouse/registry';
import { systemClock } from '@gatehouse/resilience';
import { createLogger } from '@gatehouse/service-kit';
import { stopOnDemand, tellPorts } from './serve.ts';

/** Two services that never change: what is measured is the gateway, not a registry. */
const instances: Readonly<Record<string, readonly Instance[]>> = {
  upstream: [instanceAt('upstream', process.env.UPSTREAM_PORT)],
  users: [instanceAt('users', process.env.USERS_PORT)],
};

function instanceAt(service: string, port: string | undefined): Instance {
  const id = `${service}-1`;
  return { id, service, address: '127.0.0.1', port: Number(port), version: '1.0.0', tags: [] };
}

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

// The gateway as it runs alone: its own settings from the environment, its own log on standard output.
const gateway = await startGateway({
  settings: parseGatewaySettings(process.env),
  registry,
  serviceTokens: createServiceTokens({ secret: 'benchmark '.repeat(4), clock: systemClock }),
  clock: systemClock,
  logger: createLogger({ name: 'gatehouse' }).child({ service: 'gateway' }),
});
tellPorts({ http: gateway.port, operations: gateway.operationsPort });
stopOnDemand(() => gateway.stop());
