import type { Principal } from '@gatehouse/auth';
import type { Clock } from '@gatehouse/resilience';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { RouteSettings } from '../config/route-settings.ts';
import { gatewayError } from '../gateway-error.ts';
import type { Attempt, Policy } from '../policy.ts';
import { carryUpgrade } from './carry-upgrade.ts';
import { takeSeat } from './hear-upgrade.ts';
import { createOpenUpgrades } from './open-upgrades.ts';
import { createUpgradeMetrics } from './upgrade-metrics.ts';
import { createUpgradeSeats, type UpgradeLimits } from './upgrade-seats.ts';
import { createWebSocketProxy } from './websocket-proxy.ts';

/** What the routes that take upgrades have in common. */
export type Upgrades = Readonly<{
  takeSeat: Policy;
  carry(route: Pick<RouteSettings, 'tryTimeoutMs'>): Attempt;
  endAll(): void;
  /** Ends what is open, and looks no more. */
  close(): Promise<void>;
}>;

export type UpgradesDeps = Readonly<{
  /** Those in force: a reload changes them. */
  limits: () => UpgradeLimits & Readonly<{ idle: number }>;
  isRevoked: (principal: Principal) => boolean;
  /** No new ones then: they would end with the gateway, and there is another one to connect to. */
  isDraining: () => boolean;
  onRefusal: (limit: string) => void;
  metrics: Registry;
  clock: Clock;
  logger: Logger;
}>;

export const createUpgrades = (deps: UpgradesDeps): Upgrades => {
  const { limits, isDraining, clock, logger } = deps;
  const proxy = createWebSocketProxy();
  const metrics = createUpgradeMetrics(deps.metrics);
  const seats = createUpgradeSeats(limits, deps.onRefusal);
  const open = createOpenUpgrades({
    ...{ clock, isRevoked: deps.isRevoked, idleMs: () => limits().idle },
    onError: (err) => logger.error({ err }, 'open upgrades could not be looked at'),
  });

  return {
    takeSeat: takeSeat({
      take: (caller) => {
        if (isDraining()) throw gatewayError('service_unavailable', { details: { retryAfterSeconds: 1 } });
        return seats.take(caller);
      },
      taken: seats.taken,
    }),
    carry: ({ tryTimeoutMs }) => carryUpgrade(tryTimeoutMs, { proxy, open, metrics, logger }),
    endAll: open.endAll,
    close: open.close,
  };
};
