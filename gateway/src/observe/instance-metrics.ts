import { Counter, Gauge, type Registry } from 'prom-client';
import type { EjectionCause } from '../upstream/health/availability.ts';
import type { UpstreamService } from '../upstream/upstream-service.ts';

const causes: readonly EjectionCause[] = ['failures', 'refused'];

/** What passive health does, and how old the registry's word is; read when somebody asks. */
export const instanceMetrics = (registers: Registry[], services: () => Iterable<UpstreamService>): void => {
  new Gauge({
    name: 'gateway_instances_available',
    help: 'Instances that get requests: healthy by the registry, and not ejected (or ejected in a panic)',
    labelNames: ['service'],
    registers,
    collect() {
      this.reset();
      for (const { name, health } of services()) this.set({ service: name }, health().available);
    },
  });
  new Gauge({
    name: 'gateway_instances_ejected',
    help: 'Instances that are left alone because of how they answered',
    labelNames: ['service', 'cause'],
    registers,
    collect() {
      this.reset();
      for (const { name, health } of services()) {
        const { ejected } = health();
        for (const cause of causes) this.set({ service: name, cause }, ejected[cause]);
      }
    },
  });
  new Gauge({
    name: 'gateway_panic',
    help: '1 while too few instances are left, so that their health is ignored',
    labelNames: ['service'],
    registers,
    collect() {
      this.reset();
      for (const { name, health } of services())
        this.set({ service: name }, health().mode === 'panic' ? 1 : 0);
    },
  });
  new Gauge({
    name: 'gateway_registry_updated_timestamp_seconds',
    help: 'When the registry was last heard of, in seconds since the epoch; 0 before its first answer',
    labelNames: ['service'],
    registers,
    collect() {
      this.reset();
      for (const { name, updatedAt } of services()) this.set({ service: name }, (updatedAt() ?? 0) / 1000);
    },
  });
  new Counter({
    name: 'gateway_ejections_total',
    help: 'How often an instance was ejected',
    labelNames: ['service', 'cause'],
    registers,
    collect() {
      this.reset();
      for (const { name, health } of services()) {
        const { ejections } = health();
        for (const cause of causes) this.inc({ service: name, cause }, ejections[cause]);
      }
    },
  });
};
