import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { SignedIn } from '../../src/client.ts';
import { eventually } from '../../src/client.ts';
import { knownInstances, whenReplaced } from '../instances.ts';
import { nextPid, type ProductLab, whenGone } from './product-lab.ts';
import { judge, type Result } from './result.ts';
import { startTcpBalancer } from './tcp-balancer.ts';
import { type Expected, type WriterCounts, write } from './writer.ts';

const [lanes, perSecond] = [16, 150];

/** One process after the other is told to end and starts again, services and gateways; clients write all the while, through a balancer. */
export const rollingRestart = async (lab: ProductLab): Promise<Result> => {
  const { product, users, short } = lab;
  const requests = short ? 1_000 : 20_000;
  const balancer = await startTcpBalancer(product.gateways.map((url) => Number(new URL(url).port)));
  const counts: WriterCounts = { sent: 0, byMethod: {}, failed: {} };
  let isDone = false;
  const run = randomUUID().slice(0, 8);
  const writing = Promise.all(
    Array.from({ length: lanes }, (_, lane) =>
      write({
        ...{ url: balancer.url, counts, name: `${run} ${lane}`, everyMs: (1000 / perSecond) * lanes },
        user: lane % users.length,
        token: (users[lane % users.length] as SignedIn).token,
        enough: () => isDone && counts.sent >= requests,
      }),
    ),
  );
  const exitsMs: number[] = [];
  try {
    await delay(500);
    do {
      // Short: a service and a gateway at a time, since each start takes seconds.
      for (const n of [1, 2]) {
        const together = [`posts-${n}`, `gateway-${n}`];
        const rest = [`users-${n}`, `orders-${n}`];
        if (short) exitsMs.push(...(await Promise.all(together.map((name) => restart(lab, name)))));
        else for (const name of [...together, ...rest]) exitsMs.push(await restart(lab, name));
      }
    } while (counts.sent < requests && !short);
  } finally {
    isDone = true;
  }
  const expected = (await writing).flat();
  const redispatched = balancer.redispatched();
  await balancer.close();
  const checked = await check(lab, run, expected);
  const failed = Object.values(counts.failed).reduce((sum, count) => sum + count, 0);
  return judge({
    facts: {
      ...{ restarts: exitsMs.length, slowestExitMs: Math.max(...exitsMs), redispatched },
      ...{ ...counts, failedInAll: failed, posts: expected.length, ...checked },
    },
    proved: exitsMs.length >= 4 && redispatched > 0,
    bounds: {
      '0 failed': failed === 0,
      'nothing lost': checked.lost === 0,
      'nothing done twice': checked.doubled + checked.changedTwice + checked.undead === 0,
      'each exit within 10 s': exitsMs.every((ms) => ms <= 10_000),
    },
  });
};

/** SIGTERM, and waits until its successor is ready. Answers how long it took to end. */
const restart = async (lab: ProductLab, name: string): Promise<number> => {
  const { product } = lab;
  const pid = await product.pidOf(name);
  const before = await knownInstances(lab);
  process.kill(pid, 'SIGTERM');
  const exitMs = await whenGone(pid);
  await nextPid(lab, name, pid);
  const [service = '', n] = name.split('-');
  if (service === 'gateway') await whenReady(product.operationsUrls[Number(n) - 1] as string);
  else await whenReplaced(lab, before, [service]);
  return exitMs;
};

const whenReady = (operationsUrl: string): Promise<true> =>
  eventually(
    'a gateway that is ready',
    () =>
      fetch(`${operationsUrl}/readyz`).then(
        ({ ok }) => (ok ? true : undefined),
        () => undefined,
      ),
    60_000,
  );

type Found = Readonly<{ id: string; title: string }>;

/** Holds what was answered against what is there. */
const check = async ({ users }: ProductLab, run: string, expected: readonly Expected[]) => {
  const found = (await Promise.all(users.map((user) => ownPosts(user, run)))).flat();
  const times = new Map<string, number>();
  for (const { title } of found) times.set(title, (times.get(title) ?? 0) + 1);
  const alive = expected.filter(({ deleted }) => !deleted);
  let changedTwice = 0;
  for (const { id, user } of alive) {
    const tag = (await (users[user] as SignedIn).call(`GET /api/posts/${id}`)).headers.get('etag');
    // Written is version 1, changed once is version 2.
    if (!/^(?:W\/)?"2-/.test(tag ?? '')) changedTwice += 1;
  }
  return {
    lost: alive.filter(({ title }) => !times.has(title)).length,
    doubled: [...times.values()].filter((count) => count > 1).length,
    changedTwice,
    undead: expected.filter(({ title, deleted }) => deleted && times.has(title)).length,
  };
};

const ownPosts = async ({ call, id }: SignedIn, run: string): Promise<readonly Found[]> => {
  const found: Found[] = [];
  let cursor: string | undefined;
  do {
    const next = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page = await call(`GET /api/posts?status=draft&authorId=${id}&limit=100${next}`);
    if (page.status !== 200)
      throw new Error(`posts could not be listed: ${page.status} ${JSON.stringify(page.body)}`);
    found.push(...page.body.data.filter(({ title }: Found) => title.startsWith(run)));
    cursor = page.body.meta.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return found;
};
