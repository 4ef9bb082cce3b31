import { setTimeout as delay } from 'node:timers/promises';
import { seededRandom } from '@gatehouse/testing';
import { type FaultProxy, startFaultProxy } from '@gatehouse/testing/servers';
import { type GatewayAlone, startGatewayAlone } from './gateway-alone.ts';
import { isFailed, type LoadRequest, outcomes, type Shot, startOpenLoop } from './open-loop.ts';
import { judge, type Result } from './result.ts';
import type { ServiceCounts } from './service-counts.ts';

/** What connections do is tried here. A door that closes, since this machine is slow, sends nothing twice, and that is another experiment. */
const config = `
services: { things: { concurrency: { adaptive: false } } }
routes: [{ path: /api/*, service: things, auth: none }]`;
const smallBytes = 1_000;
/** More than is held back until it is whole: once the client has its beginning, nobody can make it good again. */
const largeBytes = 300_000;
const [resetEveryMs, lossPercent, idleMs] = [50, 5, 300];

/**
 * Two instances, each behind a proxy that breaks connections; one closes idle connections without a word. Of what may be
 * done twice nothing fails; a large answer may break off, but is never taken for whole; what may not be done twice is not.
 */
export const resets = async ({ short }: { short: boolean }): Promise<Result> => {
  const seed = 1;
  const proxies: FaultProxy[] = [];
  const gateway = await startGatewayAlone({
    config,
    // One of them: the gateway promises another instance, not a third and a fourth.
    instances: [{ CLOSE_IDLE_MS: String(idleMs) }, {}],
    between: async (targetPort) => {
      const proxy = await startFaultProxy({ targetPort, random: seededRandom(seed + proxies.length) });
      proxies.push(proxy);
      return proxy.port;
    },
  });
  try {
    await startOpenLoop({
      ...{ origins: [gateway.url], perSecond: 100, durationMs: 1_000 },
      request: requestOf,
    }).ended;
    const phase = (fault: Fault) =>
      underFault({ gateway, proxies, fault, durationMs: short ? 2_000 : 15_000 });
    const idleClosed = await phase(nothing);
    const resetByTurns = await phase(resetting);
    const losing = await phase(losingAtOne);
    const counts = await Promise.all(gateway.services.map(({ ask }) => ask<ServiceCounts>('counts')));
    const [idleCloses, doubled] = [sum(counts, 'idleCloses'), sum(counts, 'doubled')];
    const phases = [idleClosed, resetByTurns, losing];
    const retries = phases.reduce((total, one) => total + one.retries, 0);
    const proved = idleCloses > 0 && resetByTurns.connectionsReset > 0 && losing.retries > 0 && retries > 0;
    return judge({
      facts: { seed, idleClosed, resetByTurns, losing, idleCloses, doubled },
      proved,
      bounds: {
        '0 failed': phases.every(({ failed }) => failed === 0),
        'no truncated 200': phases.every(({ truncated }) => truncated === 0),
        'nothing done twice': doubled === 0,
      },
      load: { lateP99Ms: Math.max(...phases.map((one) => one.lateP99Ms)), short },
    });
  } finally {
    await gateway.stop();
    await Promise.all(proxies.map(({ close }) => close()));
  }
};

/** Breaks something while `isOver` says no; answers how many connections were reset. */
type Fault = (proxies: readonly FaultProxy[], load: Running) => Promise<number>;
type Running = Readonly<{ isOver(): boolean; sent(): number; answeredOfFirst(n: number): number }>;

const nothing: Fault = async (_, { isOver }) => {
  while (!isOver()) await delay(20);
  return 0;
};

/** One after the other, the next one when all that met the one before is answered: else a machine that stands still would make one of them. */
const resetting: Fault = async (proxies, { isOver, sent, answeredOfFirst }) => {
  let times = 0;
  let broken = 0;
  while (!isOver()) {
    await delay(resetEveryMs);
    const proxy = proxies[times++ % proxies.length];
    broken += proxy?.connections() ?? 0;
    proxy?.reset();
    const concerned = sent();
    while (!isOver() && answeredOfFirst(concerned) < concerned) await delay(5);
  }
  return broken;
};

/** At one of them: with losses at both, some requests would meet three in a row by chance alone. */
const losingAtOne: Fault = async (proxies, { isOver }) => {
  proxies[0]?.drop(lossPercent);
  while (!isOver()) await delay(20);
  proxies[0]?.heal();
  return 0;
};

/** Of ten requests eight are small GETs and PUTs, one is large, one may not be sent twice. */
const requestOf = (n: number): LoadRequest => {
  if (n % 10 === 3) return { path: `/api/bytes/${largeBytes}` };
  if (n % 10 === 7) return { path: '/api/effect', method: 'POST', body: `${process.hrtime.bigint()}-${n}` };
  return { path: `/api/bytes/${smallBytes}`, method: n % 2 === 0 ? 'GET' : 'PUT' };
};

const underFault = async (o: {
  gateway: GatewayAlone;
  proxies: readonly FaultProxy[];
  fault: Fault;
  durationMs: number;
}) => {
  const beganAt = Date.now();
  const retriesBefore = await o.gateway.counter('gateway_retries_total');
  let isOver = false;
  const load = startOpenLoop({
    ...{ origins: [o.gateway.url], perSecond: 300, durationMs: o.durationMs },
    request: requestOf,
  });
  const breaking = o.fault(o.proxies, {
    isOver: () => isOver,
    sent: load.sent,
    answeredOfFirst: (count) => load.shots.filter(({ n }) => n < count).length,
  });
  const { sent, shots, lateP99Ms } = await load.ended;
  isOver = true;
  const connectionsReset = await breaking;
  const [small, large, once] = [shots.filter(isSmall), shots.filter(isLarge), shots.filter(isOnce)];
  const isTruncated = ({ status, error, bytes }: Shot, whole: number): boolean =>
    status === 200 && error === undefined && bytes !== whole;
  return {
    ...{
      sent,
      lateP99Ms,
      connectionsReset,
      failed: small.filter(isFailed).length,
      outcomes: outcomes(small),
    },
    large: outcomes(large),
    doneAtMostOnce: outcomes(once),
    truncated:
      small.filter((shot) => isTruncated(shot, smallBytes)).length +
      large.filter((shot) => isTruncated(shot, largeBytes)).length,
    retries: (await o.gateway.counter('gateway_retries_total')) - retriesBefore,
    breakerOpenedBecause: await openings(o.gateway, beganAt),
  };
};

type Breaker = Readonly<{ lastOpenings: readonly Readonly<{ openedAt: string; cause: string }>[] }>;

const openings = async ({ program }: GatewayAlone, sinceMs: number): Promise<readonly string[]> => {
  const [breaker] = await program.ask<readonly Breaker[]>('breakers');
  const since = breaker?.lastOpenings.filter(({ openedAt }) => Date.parse(openedAt) >= sinceMs) ?? [];
  return since.map(({ cause }) => cause);
};

const isLarge = ({ n }: Shot): boolean => n % 10 === 3;
const isOnce = ({ n }: Shot): boolean => n % 10 === 7;
const isSmall = (shot: Shot): boolean => !isLarge(shot) && !isOnce(shot);

const sum = (counts: readonly ServiceCounts[], name: keyof ServiceCounts): number =>
  counts.reduce((total, one) => total + one[name], 0);
