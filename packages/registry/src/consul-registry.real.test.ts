import { systemClock } from '@gatehouse/resilience';
import { realServer } from '@gatehouse/testing/servers';
import { createConsulRegistry } from './consul/consul-registry.ts';
import { describeRegistry } from './registry.contract.ts';

const consul = realServer('consul');

consul.describe('over a real Consul', () => {
  describeRegistry('Consul', {
    open: async () => createConsulRegistry({ address: consul.url, clock: systemClock }),
    // The shortest interval that Consul takes.
    quickCheck: { intervalMs: 1000, timeoutMs: 500, failuresBeforeCritical: 2 },
  });
});
