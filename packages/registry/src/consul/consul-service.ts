import type { Finding } from '../check-health.ts';
import { instanceOrigin } from '../instance-origin.ts';
import type { HealthCheck, Instance } from '../registry.ts';
import type { ConsulService } from './consul-api.ts';

/**
 * An instance as Consul takes it. Consul makes its own first check at a random moment of the first interval; until then the
 * status is what we found ourselves just now, and the notes say so. Only fields that Consul 1.8 knows too (it refuses others).
 */
export const toConsulService = (
  instance: Instance,
  { path, intervalMs = 5000, timeoutMs = 2000, failuresBeforeCritical = 2 }: HealthCheck,
  first: Finding,
): ConsulService => {
  const { id, service, address, port, version, tags, weight } = instance;
  return {
    id,
    name: service,
    address,
    port,
    tags,
    // Weights of Consul's own are for its DNS answers, which nobody asks for here.
    meta: { version, ...(weight === undefined ? {} : { weight: `${weight}` }) },
    check: {
      checkid: `service:${id}`,
      name: `${service} ${path}`,
      notes: `found when it registered: ${first.output}`,
      http: `${instanceOrigin(instance)}${path}`,
      method: 'GET',
      interval: `${intervalMs}ms`,
      timeout: `${timeoutMs}ms`,
      status: first.health,
      successbeforepassing: 1,
      failuresbeforecritical: failuresBeforeCritical,
      // Cleans up after the dead. Nobody waits for it: watches only tell of those that pass.
      deregistercriticalserviceafter: '10m',
    },
  };
};
