import { setTimeout as delay } from 'node:timers/promises';
import { knownInstances, listServices, whenReplaced } from '../instances.ts';
import { percentile } from './latencies.ts';
import { isFailed, outcomes, startOpenLoop } from './open-loop.ts';
import { type ProductLab, whenGone } from './product-lab.ts';
import { judge, type Result } from './result.ts';

/** SIGKILL of one of two instances, again and again: no request fails, and each gateway leaves it alone within 100 ms. */
export const instanceKilled = async (lab: ProductLab): Promise<Result> => {
  const { product, short } = lab;
  const [kills, requests] = short ? [2, 1_000] : [20, 20_000];
  const deathsBefore = deathsSoFar(product);
  let isDone = false;
  const load = startOpenLoop({
    ...{ origins: product.gateways, perSecond: 200 },
    enough: (sent) => sent >= requests && isDone,
    request: (n) => ({ path: n % 2 === 0 ? '/api/posts?limit=5' : '/api/tags' }),
  });
  await delay(500);
  const ejectedMs: number[] = [];
  const goneMs: number[] = [];
  for (let kill = 0; kill < kills; kill += 1) {
    const before = await knownInstances(lab);
    const pid = await product.pidOf(`posts-${1 + (kill % 2)}`);
    const killedAt = Date.now();
    process.kill(pid, 'SIGKILL');
    const dying = whenGone(pid);
    ejectedMs.push(
      ...(await Promise.all(product.gateways.map((gateway) => ejectedAfter(lab, gateway, killedAt)))),
    );
    goneMs.push(await dying);
    await whenReplaced(lab, before, ['posts']);
    // Lives of less than 10 s make the one that starts them again wait longer and longer.
    if (!short) await delay(3_000);
  }
  isDone = true;
  const { sent, lateP99Ms, shots } = await load.ended;
  const deaths = deathsSoFar(product) - deathsBefore;
  const failed = shots.filter(isFailed).length;
  return judge({
    facts: {
      ...{ kills, deaths, sent, failed, outcomes: outcomes(shots), ejections: ejectedMs.length },
      ejectedMs: { slowest: Math.max(...ejectedMs), median: percentile(ejectedMs, 50) },
      // From the signal on, the time in which the system took the process apart.
      slowestDeathMs: Math.max(...goneMs),
    },
    proved: deaths >= kills,
    bounds: { '0 failed': failed === 0 },
    timed: { 'ejected within 100 ms': ejectedMs.every((afterMs) => afterMs <= 100) },
    load: { lateP99Ms, short },
  });
};

/** As the one that started them tells. */
const deathsSoFar = ({ output }: ProductLab['product']): number =>
  output().match(/posts-\d ended \(SIGKILL\)/g)?.length ?? 0;

const limitMs = 3_000;

/** By the gateway's own word: all of it is on one machine and one clock. */
const ejectedAfter = async ({ admin }: ProductLab, gateway: string, killedAt: number): Promise<number> => {
  while (Date.now() - killedAt < limitMs) {
    const listed = await listServices(gateway, admin);
    const ejections = listed
      .find(({ name }) => name === 'posts')
      ?.instances.flatMap(({ ejection }) => (ejection === undefined ? [] : [Date.parse(ejection.since)]));
    const sinceKill = ejections?.filter((since) => since >= killedAt) ?? [];
    if (sinceKill.length > 0) return Math.min(...sinceKill) - killedAt;
    await delay(50);
  }
  return limitMs;
};
