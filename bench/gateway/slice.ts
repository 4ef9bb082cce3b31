import { existsSync, truncateSync } from 'node:fs';
import type { Contender } from './contenders.ts';
import { type LimiterMode, readLimiterMode, stayedShared } from './limiter-mode.ts';
import { sendLoad } from './load.ts';
import { type CpuTimes, harnessTimes, readMachine, residentMb, treeTimes } from './proc-stat.ts';
import type { StartedProcess } from './processes.ts';
import { otherCpu, type Site } from './site.ts';

/** A few seconds of load on one contender. Cores: CPU time over wall time. */
export type Slice = Readonly<{
  round: number;
  cpuUs: number;
  /** Of it in the kernel. */
  kernelUs: number;
  /** CPU microseconds of Redis for each request, where the contender uses it. */
  redisUs: number | undefined;
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  rssMb: number;
  requests: number;
  gatewayCores: number;
  /** Busy with what has nothing to do with the measurement. */
  foreignCores: number;
  stolenCores: number;
  /** Whether the gateway counted in Redis from end to end, where it should. */
  countedInRedis: boolean;
  clean: boolean;
}>;

export type Bounds = Readonly<{ foreignCores: number; stolenCores: number }>;

export type SlicePlan = Readonly<{
  contender: Contender;
  started: StartedProcess;
  site: Site;
  round: number;
  seconds: number;
  bounds: Bounds;
}>;

/** @throws Error when a request failed: a refusal is cheaper than an answer, so the slice would say nothing. */
export const measureSlice = async (plan: SlicePlan): Promise<Slice> => {
  const { contender, started, site, bounds } = plan;
  emptyLogs(contender, site);
  const modeBefore = await limiterMode(contender, started);
  const roots = [started.pid, site.upstream.pid, ...(site.redis === undefined ? [] : [site.redis.pid])];
  const before = snapshot(roots);
  const load = { wrk: site.tools.wrk, cpu: otherCpu, requestsFile: site.requestsFile, clients: site.clients };
  const result = await sendLoad(load, started.ports.http as number, plan.seconds);
  const after = snapshot(roots);
  const modeAfter = await limiterMode(contender, started);
  emptyLogs(contender, site);

  if (result.refused + result.socketErrors > 0) {
    throw new Error(
      `${contender.name}: ${result.refused} requests refused, ${result.socketErrors} errors of connections in a slice.`,
    );
  }
  const wallMs = after.atMs - before.atMs;
  const spent = (time: keyof CpuTimes): number[] =>
    after.trees.map((times, index) => times[time] - (before.trees[index]?.[time] ?? 0));
  const spentMs = spent('allMs');
  const [gatewayMs = 0, , redisMs] = spentMs;
  const [kernelMs = 0] = spent('kernelMs');
  const knownMs = spentMs.reduce((sum, ms) => sum + ms, after.harnessMs - before.harnessMs);
  const foreignCores = Math.max(0, after.busyMs - before.busyMs - knownMs) / wallMs;
  const countedInRedis =
    modeBefore === undefined || modeAfter === undefined || stayedShared(modeBefore, modeAfter);
  const stolenCores = (after.stolenMs - before.stolenMs) / wallMs;
  return {
    round: plan.round,
    cpuUs: (gatewayMs * 1000) / result.requests,
    kernelUs: (kernelMs * 1000) / result.requests,
    redisUs: contender.usesRedis && redisMs !== undefined ? (redisMs * 1000) / result.requests : undefined,
    perSecond: result.requests / (result.durationUs / 1e6),
    p50Ms: result.p50Us / 1000,
    p99Ms: result.p99Us / 1000,
    rssMb: residentMb(started.pid),
    requests: result.requests,
    gatewayCores: gatewayMs / wallMs,
    foreignCores,
    stolenCores,
    countedInRedis,
    clean: countedInRedis && foreignCores < bounds.foreignCores && stolenCores < bounds.stolenCores,
  };
};

const snapshot = (roots: readonly number[]) => ({
  atMs: performance.now(),
  ...readMachine(),
  harnessMs: harnessTimes(),
  trees: treeTimes(roots),
});

/** They are opened for appending, so that they can be emptied: a long run must not fill the disk. */
const emptyLogs = (contender: Contender, site: Site): void => {
  for (const file of contender.logs(site)) if (existsSync(file)) truncateSync(file);
};

const limiterMode = async (
  { usesRedis }: Contender,
  { ports }: StartedProcess,
): Promise<LimiterMode | undefined> => (usesRedis ? readLimiterMode(ports.operations as number) : undefined);
