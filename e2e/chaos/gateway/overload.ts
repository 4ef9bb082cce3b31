import { type GatewayAlone, startGatewayAlone } from './gateway-alone.ts';
import { percentile, round } from './latencies.ts';
import { type LoadReport, outcomes, type Shot, startOpenLoop } from './open-loop.ts';
import { judge, type Result } from './result.ts';
import type { ServiceCounts } from './service-counts.ts';

const config = 'routes: [{ path: /api/*, service: things, auth: none }]';
const capacity = 400;
const workMs = 20;

/**
 * A service that does 400 requests a second and queues all others, also those that were given up, gets three and ten times as
 * many from clients that do not wait for each other.
 */
export const overload = async ({ short }: { short: boolean }): Promise<Result> => {
  const gateway = await startGatewayAlone({
    config,
    instances: [{ PER_SECOND: String(capacity), WORK_MS: String(workMs) }],
  });
  try {
    const calm = await calmly(gateway, short ? 1_500 : 5_000);
    const usualMs = percentile(timesOf(calm.shots), 99);
    const three = await measure(gateway, 3 * capacity, short ? 3_000 : 20_000);
    const ten = await measure(gateway, 10 * capacity, short ? 2_500 : 10_000);
    const normalAfterMs = await whenNormal(gateway, usualMs);
    const [counts] = await Promise.all(gateway.services.map(({ ask }) => ask<ServiceCounts>('counts')));
    const proved =
      three.refusals > 0 && ten.refusals > 0 && (counts?.queuedAtMost ?? 0) > workMs * (capacity / 1000);
    return judge({
      facts: { capacity, usualP99Ms: usualMs, three, ten, normalAfterMs, queuedAtMost: counts?.queuedAtMost },
      proved,
      bounds: {
        'goodput at 3 x': three.goodput >= 0.9 * capacity,
        'goodput at 10 x': ten.goodput >= 0.8 * capacity,
        'nothing but answers and refusals': three.others + ten.others === 0,
        'normal after': normalAfterMs <= 5_000,
      },
      timed: { 'refusals p99 at 3 x': three.refusalP99Ms <= 30 },
      load: { lateP99Ms: three.lateP99Ms, short },
    });
  } finally {
    await gateway.stop();
  }
};

const measure = async (gateway: GatewayAlone, perSecond: number, durationMs: number) => {
  const { shots, sent, skipped, lateP99Ms } = await offer(gateway, perSecond, durationMs);
  // Answered while the load went on: what queued is of no use to those that wait no more.
  const good = shots.filter(({ status, dueMs, tookMs }) => status === 200 && dueMs + tookMs <= durationMs);
  const refused = shots.filter(({ status, error }) => status === 503 && error === undefined);
  const [refusalP99Ms, goodP99Ms] = [percentile(timesOf(refused), 99), percentile(timesOf(good), 99)];
  return {
    ...{ offeredPerSecond: round((sent / durationMs) * 1000), sent, skipped, lateP99Ms },
    goodput: round((good.length / durationMs) * 1000),
    ...{ refusals: refused.length, refusalP99Ms, goodP99Ms, answers: outcomes(shots) },
    others: shots.filter(({ status, error }) => error !== undefined || (status !== 200 && status !== 503))
      .length,
  };
};

const offer = (gateway: GatewayAlone, perSecond: number, durationMs: number): Promise<LoadReport> =>
  startOpenLoop({
    ...{ origins: [gateway.url], perSecond, durationMs },
    request: () => ({ path: '/api/work' }),
  }).ended;

const calmly = (gateway: GatewayAlone, durationMs: number): Promise<LoadReport> =>
  offer(gateway, capacity / 4, durationMs);

const timesOf = (shots: readonly Shot[]): readonly number[] => shots.map(({ tookMs }) => tookMs);

/** How long after an overload until half a second of a calm load is answered as before it: all of it, and in twice the time at most. */
const whenNormal = async (gateway: GatewayAlone, usualMs: number): Promise<number> => {
  const beganAt = performance.now();
  for (;;) {
    const startedMs = performance.now() - beganAt;
    const { shots } = await calmly(gateway, 500);
    const isNormal =
      shots.every(({ status }) => status === 200) && percentile(timesOf(shots), 90) <= 2 * usualMs + 20;
    if (isNormal || startedMs > 20_000) return Math.round(startedMs);
  }
};
