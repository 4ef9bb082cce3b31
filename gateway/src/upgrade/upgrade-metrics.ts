import { Gauge, Histogram, type Registry } from 'prom-client';

export type UpgradeMetrics = Readonly<{
  opened(route: string): void;
  ended(route: string, reason: string, seconds: number): void;
}>;

const buckets = [1, 10, 60, 300, 900, 3600, 14_400, 86_400];

/** Labels: the route's name, and the few reasons that an end can have. */
export const createUpgradeMetrics = (registry: Registry): UpgradeMetrics => {
  const registers = [registry];
  const open = new Gauge({
    name: 'gateway_upgrades_open',
    help: 'Connections that speak WebSocket',
    labelNames: ['route'],
    registers,
  });
  const durations = new Histogram({
    name: 'gateway_upgrade_duration_seconds',
    help: 'How long connections spoke WebSocket, and why they ended',
    labelNames: ['route', 'reason'],
    buckets,
    registers,
  });
  return {
    opened: (route) => open.inc({ route }),
    ended: (route, reason, seconds) => {
      open.dec({ route });
      durations.observe({ route, reason }, seconds);
    },
  };
};
