import { setTimeout as delay } from 'node:timers/promises';
import type { Call, SignedIn } from '../src/client.ts';
import type { ProductOnServers } from '../src/servers-product.ts';
import { killInstance, knownInstances, whenReplaced } from './instances.ts';
import { failures, type LoadCounts, steadyLoad } from './steady-load.ts';

type Lab = Readonly<{
  product: ProductOnServers;
  admin: SignedIn;
  buyers: readonly SignedIn[];
  /** Each buyer through each gateway. */
  calls: readonly Call[];
  short: boolean;
}>;

type Result = Readonly<{ holds: boolean } & Record<string, unknown>>;

const services = ['users', 'posts', 'orders'] as const;
const reads = ['GET /api/posts', 'GET /api/products', 'GET /api/users/me', 'GET /api/orders'] as const;

/** One instance of each service killed in turn: the other answers, and no client notices. */
const instancesKilled = async (lab: Lab): Promise<Result> => {
  const rounds = lab.short ? 2 : 10;
  const requests = lab.short ? 2_000 : 10_000;
  let kills = 0;
  let done = false;
  const load = steadyLoad({
    ...{ calls: lab.calls, lines: reads, lanes: 16, perSecond: 250 },
    enough: ({ sent }) => sent >= requests && done,
  });
  for (let round = 0; round < rounds; round += 1) {
    const before = await knownInstances(lab);
    for (const service of services) {
      await killInstance(lab.product, `${service}-${1 + (round % 2)}`);
      kills += 1;
    }
    await whenReplaced(lab, before, services);
  }
  done = true;
  const deaths = lab.product.output().match(/ended \(SIGKILL\)/g)?.length ?? 0;
  return judge(await load, { kills, deaths, proved: deaths >= kills });
};

/** Consul dead, and an instance dies meanwhile: the last known list and its other instance carry on. */
const consulKilled = async (lab: Lab): Promise<Result> => {
  const awaySeconds = lab.short ? 10 : 60;
  let done = false;
  const load = steadyLoad({
    ...{ calls: lab.calls, lines: reads, lanes: 8, perSecond: 100 },
    enough: () => done,
  });
  const before = await knownInstances(lab);
  const consulBefore = lab.product.servers.consul.pid();
  await lab.product.servers.consul.kill();
  await delay(2_000);
  await killInstance(lab.product, 'posts-1');
  await delay((awaySeconds - 2) * 1000);
  await lab.product.servers.consul.restart();
  const backAt = performance.now();
  await whenReplaced(lab, before, ['posts']);
  const registeredAgainMs = Math.round(performance.now() - backAt);
  done = true;
  return judge(await load, {
    awaySeconds,
    registeredAgainMs,
    proved: lab.product.servers.consul.pid() !== consulBefore,
  });
};

/** Redis dead: limits go on with a local share, and no answer is a 5xx. */
const redisKilled = async (lab: Lab): Promise<Result> => {
  const awaySeconds = lab.short ? 5 : 20;
  let done = false;
  const load = steadyLoad({
    ...{ calls: lab.calls, lines: reads, lanes: 16, perSecond: 250 },
    enough: () => done,
  });
  await delay(1_000);
  const fallbacksBefore = await limiterFallbacks(lab);
  await lab.product.servers.redis.kill();
  await delay(awaySeconds * 1000);
  await lab.product.servers.redis.restart();
  await delay(2_000);
  done = true;
  const fallbacks = (await limiterFallbacks(lab)) - fallbacksBefore;
  return judge(await load, { awaySeconds, fallbacks, proved: fallbacks > 0 });
};

export const experiments = {
  'instances-killed': instancesKilled,
  'consul-killed': consulKilled,
  'redis-killed': redisKilled,
} as const;

/** How often the first gateway decided a limit without Redis. */
const limiterFallbacks = async ({ product }: Lab): Promise<number> => {
  const metrics = await (await fetch(`${product.operationsUrl}/metrics`)).text();
  return Number(/^gateway_limiter_fallbacks_total(?:\{[^}]*\})? (\S+)$/m.exec(metrics)?.[1] ?? 0);
};

const judge = (counts: LoadCounts, facts: { proved: boolean } & Record<string, unknown>): Result => ({
  ...counts,
  ...facts,
  holds: failures(counts) === 0 && facts.proved,
});
