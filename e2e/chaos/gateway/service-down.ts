import { setTimeout as delay } from 'node:timers/promises';
import { percentile, round } from './latencies.ts';
import { outcomes, type Shot, startOpenLoop } from './open-loop.ts';
import { type ProductLab, takeDown } from './product-lab.ts';
import { readCounter } from './read-metrics.ts';
import { judge, type Result } from './result.ts';

const instances = ['posts-1', 'posts-2'] as const;
/** Others are untouched when their p99 grows by no more than it moves by itself. */
const [mostTimes, alwaysFineMs] = [1.5, 10];

/**
 * Both instances of posts killed, and kept from starting again for some seconds: its breaker opens, its callers are refused at once,
 * callers of orders notice nothing, and it closes when an instance is healthy.
 */
export const serviceDown = async (lab: ProductLab): Promise<Result> => {
  const { product, short } = lab;
  const [calmMs, awayMs] = short ? [2_500, 3_000] : [20_000, 20_000];
  let isDone = false;
  const load = startOpenLoop({
    ...{ origins: product.gateways, perSecond: 120 },
    enough: () => isDone,
    request: (n) => ({ path: n % 4 < 2 ? '/api/posts?limit=5' : '/api/products?limit=5' }),
  });
  await delay(calmMs);
  const known = await instancesInConsul(lab);
  const killedAtMs = load.nowMs();
  const letStart = await takeDown(lab, instances);
  const openedAfterMs = await whenBreakers(lab, 2);
  await delay(awayMs);
  await letStart();
  const letStartAtMs = load.nowMs();
  await whenHealthy(lab, new Set(known.map(({ id }) => id)));
  const healthyAtMs = load.nowMs();
  const closedAfterMs = await whenBreakers(lab, 0);
  await delay(500);
  isDone = true;
  const { sent, lateP99Ms, shots } = await load.ended;

  const others = shots.filter(({ n }) => n % 4 >= 2);
  const before = p99(others.filter(({ dueMs }) => dueMs < killedAtMs));
  const during = p99(others.filter(({ dueMs }) => dueMs >= killedAtMs && dueMs < letStartAtMs));
  const refused = shots.filter(({ n, status, dueMs }) => n % 4 < 2 && status === 503 && dueMs < letStartAtMs);
  const openMs = refused.filter(({ code }) => code === 'circuit_open');
  const facts = {
    ...{ sent, openedAfterMs, closedAfterMs, downMs: Math.round(healthyAtMs - killedAtMs) },
    ...{
      awayForMs: Math.round(letStartAtMs - killedAtMs),
      refused: refused.length,
      refusedP99Ms: p99(refused),
    },
    others: {
      answers: outcomes(others),
      p99BeforeMs: before,
      p99DuringMs: during,
      ratio: round(during / before),
    },
    posts: outcomes(shots.filter(({ n }) => n % 4 < 2)),
  };
  return judge({
    facts,
    proved: openMs.length > 0,
    bounds: {
      'others do not fail': others.every(({ status, error }) => status === 200 && error === undefined),
    },
    timed: {
      'open within 1 s': openedAfterMs <= 1_000,
      '503 p99 within 20 ms': facts.refusedP99Ms <= 20,
      'others as before': during <= Math.max(mostTimes * before, before + alwaysFineMs),
      'closed within 2 s after health': closedAfterMs <= 2_000,
    },
    load: { lateP99Ms, short },
  });
};

const p99 = (shots: readonly Shot[]): number =>
  percentile(
    shots.map(({ tookMs }) => tookMs),
    99,
  );

/** How long until the breaker of posts is in this state (2 open, 0 closed) in every gateway; at most 30 s. */
const whenBreakers = async ({ product }: ProductLab, state: number): Promise<number> => {
  const startedAt = performance.now();
  const stateAt = (url: string): Promise<number> =>
    readCounter(url, 'gateway_breaker_state', 'service="posts"');
  while (performance.now() - startedAt < 30_000) {
    const states = await Promise.all(product.operationsUrls.map(stateAt));
    if (states.every((one) => one === state)) break;
    await delay(50);
  }
  return Math.round(performance.now() - startedAt);
};

type Known = Readonly<{ id: string; origin: string }>;

const instancesInConsul = async ({ product }: ProductLab): Promise<readonly Known[]> => {
  const answer = await fetch(`${product.servers.consul.url}/v1/health/service/posts`);
  const entries = (await answer.json()) as { Service: { ID: string; Address: string; Port: number } }[];
  return entries.map(({ Service }) => ({
    id: Service.ID,
    origin: `http://${Service.Address}:${Service.Port}`,
  }));
};

/** Until one that was not there before says itself that it is ready: earlier than any registry knows. */
const whenHealthy = async (lab: ProductLab, before: ReadonlySet<string>): Promise<void> => {
  for (let tries = 0; tries < 1_000; tries += 1) {
    const fresh = (await instancesInConsul(lab)).filter(({ id }) => !before.has(id));
    const ready = await Promise.all(
      fresh.map(({ id, origin }) =>
        fetch(`${origin}/readyz?instance=${id}`).then(
          ({ ok }) => ok,
          () => false,
        ),
      ),
    );
    if (ready.includes(true)) return;
    await delay(30);
  }
  throw new Error('No instance of posts was ever healthy again.');
};
