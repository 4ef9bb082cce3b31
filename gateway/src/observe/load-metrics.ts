import { priorities } from '@gatehouse/resilience';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { UpstreamService } from '../upstream/upstream-service.ts';

/** How much each service takes, and whom that kept out. Read when somebody asks: the doors count for themselves. */
export const loadMetrics = (registers: Registry[], services: () => Iterable<UpstreamService>): void => {
  new Gauge({
    name: 'gateway_concurrency_limit',
    help: 'Tries that a service may have at once, as found out by how it answers',
    labelNames: ['service'],
    registers,
    collect() {
      this.reset();
      for (const { name, door } of services()) {
        if (door !== undefined) this.set({ service: name }, door.report().limit);
      }
    },
  });
  new Counter({
    name: 'gateway_overloaded_total',
    help: 'Requests refused at the door of a service that has too much to do, by who asked',
    labelNames: ['service', 'priority'],
    registers,
    collect() {
      this.reset();
      for (const { name: service, door } of services()) {
        const refused = door?.report().refused;
        if (refused === undefined) continue;
        for (const priority of priorities) this.inc({ service, priority }, refused[priority]);
      }
    },
  });
};
