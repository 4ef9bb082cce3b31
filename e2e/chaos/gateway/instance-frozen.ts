import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../../src/client.ts';
import { listServices } from '../instances.ts';
import { isFailed, outcomes, startOpenLoop } from './open-loop.ts';
import { type ProductLab, processState } from './product-lab.ts';
import { judge, type Result } from './result.ts';

/** What a try has until the head of its answer. */
const tryLimitMs = 2_000;
const moreOfEachGateway = 5;

/** SIGSTOP: it still accepts connections and never answers. Nothing fails; slow are those under way and five more of each gateway. */
export const instanceFrozen = async (lab: ProductLab): Promise<Result> => {
  const { product, short } = lab;
  let isDone = false;
  const load = startOpenLoop({
    ...{ origins: product.gateways, perSecond: 150 },
    enough: () => isDone,
    request: () => ({ path: '/api/posts?limit=5' }),
  });
  await delay(1_000);
  const pid = await product.pidOf('posts-2');
  const underWay = load.inFlight();
  const frozenAtMs = load.nowMs();
  process.kill(pid, 'SIGSTOP');
  let state: string | undefined;
  try {
    await delay(short ? 3_500 : 20_000);
    state = await processState(pid);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  const thawedAt = performance.now();
  await Promise.all(product.gateways.map((gateway) => whenBack(lab, gateway)));
  const backAfterMs = Math.round(performance.now() - thawedAt);
  isDone = true;
  const { sent, lateP99Ms, shots } = await load.ended;
  const failed = shots.filter(isFailed).length;
  const slow = shots.filter(
    ({ dueMs, tookMs }) => tookMs >= tryLimitMs && dueMs + tookMs >= frozenAtMs,
  ).length;
  const mostSlow = underWay + moreOfEachGateway * product.gateways.length;
  return judge({
    facts: { sent, failed, outcomes: outcomes(shots), underWay, slow, mostSlow, state, backAfterMs },
    proved: state === 'T' && slow > 0,
    bounds: { '0 failed': failed === 0 },
    // Where the other one stands still for a processor as well, nobody can tell them apart at once.
    timed: { 'slow ones': slow <= mostSlow },
    load: { lateP99Ms, short },
  });
};

/** Two healthy instances, neither left alone. */
const whenBack = async ({ admin }: ProductLab, gateway: string): Promise<void> => {
  await eventually(
    'two instances of posts that get requests',
    async () => {
      const posts = (await listServices(gateway, admin)).find(({ name }) => name === 'posts');
      const well = posts?.instances.filter(({ available, ejection }) => available && ejection === undefined);
      return (well?.length ?? 0) >= 2 ? true : undefined;
    },
    60_000,
  );
};
