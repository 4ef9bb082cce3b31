import type { Logger } from 'pino';
import type { Exchange } from '../exchange.ts';
import type { Attempt } from '../policy.ts';
import { CarriedUpgrade } from './carried-upgrade.ts';
import type { JoinedConnections } from './joined-connections.ts';
import type { EndReason, OpenUpgrades } from './open-upgrades.ts';
import type { UpgradeMetrics } from './upgrade-metrics.ts';
import type { WebSocketProxy } from './websocket-proxy.ts';

export type CarryUpgradeDeps = Readonly<{
  proxy: WebSocketProxy;
  open: OpenUpgrades;
  metrics: UpgradeMetrics;
  logger: Logger;
}>;

/**
 * Innermost, in the place of `proxy`: takes the handshake to the instance and, once that has agreed, lets the two talk.
 * The try is over with the `101`: an open connection is in flight nowhere, and a sample of nothing.
 */
export const carryUpgrade = (tryTimeoutMs: number, deps: CarryUpgradeDeps): Attempt => {
  const onOpen = createOnOpen(deps);

  return function shakeHands(exchange) {
    const { clock } = exchange;
    new CarriedUpgrade(exchange, { tryTimeoutMs, clock, proxy: deps.proxy, onOpen }).start();
  };
};

const createOnOpen =
  ({ open, metrics, logger }: CarryUpgradeDeps) =>
  (exchange: Exchange, connections: JoinedConnections): void => {
    const { clock, requestId, principal, instance, client } = exchange;
    const route = exchange.route?.settings.name ?? 'none';
    const openedAtMs = clock.monotonic();
    let reason: EndReason = 'closed';

    const forget = open.add({
      principal,
      bytes: () => {
        const passed = connections.passed();
        return passed.in + passed.out;
      },
      isHalfClosed: connections.isHalfClosed,
      end: (why) => {
        reason = why;
        connections.end();
      },
    });
    metrics.opened(route);

    connections.onClosed(() => {
      forget();
      const durationMs = clock.monotonic() - openedAtMs;
      metrics.ended(route, reason, durationMs / 1000);
      const passed = connections.passed();
      logger.info(
        {
          ...{ requestId, route, instance: instance?.instance.id, client: client.address },
          ...{ principal: principal?.id, reason, durationMs: Math.round(durationMs) },
          ...{ bytesIn: passed.in, bytesOut: passed.out },
        },
        'upgrade ended',
      );
    });
  };
