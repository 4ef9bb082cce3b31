import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { type GatewayAlone, type HeapFigures, startGatewayAlone } from './gateway-alone.ts';
import { round } from './latencies.ts';
import { isFailed, type LoadRequest, outcomes, startOpenLoop } from './open-loop.ts';
import { judge, type Result } from './result.ts';

const config = `
defaults: { bodyLimit: 100mb }
services: { things: { concurrency: { adaptive: false } } }
routes:
  - { path: /api/*, service: things, auth: optional }
  - { path: /api/bytes/*, service: things, auth: optional, compression: true }`;
const mebibyte = 1024 ** 2;
const transferBytes = 64 * mebibyte;
const growthLimit = 16 * mebibyte;
const pauseMs = 1_000;

/**
 * 64 MiB in each direction. How much the process grows while they pass; and how much the gateway holds while the reader has
 * stopped in their middle, which has to wait where it comes from.
 */
export const transfers = async ({ short }: { short: boolean }): Promise<Result> => {
  const gateway = await startGatewayAlone({ config, instances: [{ PAUSE_MS: String(pauseMs) }] });
  try {
    await startOpenLoop({
      ...{ origins: [gateway.url], perSecond: 400, durationMs: 1_000 },
      request: () => ({ path: '/api/bytes/1000' }),
    }).ended;
    const grown: Growth[] = [];
    for (let turn = 0; turn < (short ? 2 : 6); turn += 1)
      grown.push(await growthDuring(gateway, upload), await growthDuring(gateway, download));
    const held = [await heldInPause(gateway, upload), await heldInPause(gateway, download)];
    return judge({
      facts: {
        transfers: grown.length + held.length,
        grownMiB: grown.map(({ grownBytes }) => inMiB(grownBytes)),
        heldInPauseMiB: held.map(inMiB),
      },
      proved: grown.every(({ bytes }) => bytes === transferBytes),
      bounds: {
        'growth of the process': grown.every(({ grownBytes }) => grownBytes <= growthLimit),
        'held while the reader stands still': held.every((bytes) => bytes <= growthLimit),
      },
    });
  } finally {
    await gateway.stop();
  }
};

const inMiB = (bytes: number): number => round(bytes / mebibyte);

type Growth = Readonly<{ bytes: number; grownBytes: number }>;
/** Answers how many bytes arrived. `onPause` is waited for in its middle, while nobody reads. */
type Transfer = (gateway: GatewayAlone, onPause?: () => Promise<void>) => Promise<number>;

const growthDuring = async (gateway: GatewayAlone, transfer: Transfer): Promise<Growth> => {
  await gateway.program.ask('startSampling');
  const bytes = await transfer(gateway);
  return { bytes, grownBytes: await gateway.program.ask<number>('stopSampling') };
};

const heldInPause = async (gateway: GatewayAlone, transfer: Transfer): Promise<number> => {
  const before = await bytesInUse(gateway);
  let atPause = Number.POSITIVE_INFINITY;
  await transfer(gateway, async () => {
    atPause = await bytesInUse(gateway);
  });
  return atPause - before;
};

/** Heap and buffers, after a collection. */
const bytesInUse = async ({ program }: GatewayAlone): Promise<number> => {
  const { heapUsed, external } = await program.ask<HeapFigures>('heap');
  return heapUsed + external;
};

const upload: Transfer = async ({ url }, onPause) => {
  const sending = request(`${url}/api/sink`, {
    method: 'POST',
    headers: { 'content-length': transferBytes },
  });
  const answered = once(sending, 'response') as Promise<[IncomingMessage]>;
  const piece = Buffer.alloc(65_536, 'u');
  let paused: Promise<void> | undefined;
  for (let left = transferBytes; left > 0; left -= piece.length) {
    if (sending.write(piece)) continue;
    const drained = once(sending, 'drain');
    const isStill = await Promise.race([drained.then(() => false), delay(pauseMs / 4, true)]);
    // The service has stopped reading, and all that is between is full.
    if (isStill) paused ??= onPause?.();
    await drained;
  }
  sending.end();
  const [answer] = await answered;
  await paused;
  answer.setEncoding('utf8');
  let text = '';
  for await (const part of answer) text += part;
  return Number(text);
};

const download: Transfer = async ({ url }, onPause) => {
  const asking = request(`${url}/api/bytes/${transferBytes}`).end();
  const [answer] = (await once(asking, 'response')) as [IncomingMessage];
  let bytes = 0;
  let paused = false;
  for await (const part of answer) {
    bytes += part.length;
    if (paused || bytes < 8 * mebibyte) continue;
    paused = true;
    await delay(pauseMs / 4);
    await onPause?.();
  }
  return bytes;
};

/** Mixed load for minutes: what is left after a collection is what was left after the beginning. */
export const soak = async ({ short }: { short: boolean }): Promise<Result> => {
  const gateway = await startGatewayAlone({ config, instances: [{}, {}], users: 200 });
  try {
    const [firstMs, totalMs] = short ? [7_000, 20_000] : [60_000, 600_000];
    const load = startOpenLoop({
      ...{ origins: [gateway.url], perSecond: short ? 150 : 200, durationMs: totalMs },
      request: (n) => mixed(n, gateway.tokens),
    });
    const heaps: number[] = [];
    const collectAt = async (atMs: number): Promise<void> => {
      await delay(Math.max(0, atMs - load.nowMs()));
      heaps.push(await bytesInUse(gateway));
    };
    for (let part = 0; part <= 4; part += 1)
      await collectAt(firstMs + ((totalMs - firstMs - 500) * part) / 4);
    const { sent, shots } = await load.ended;
    const [first = 0, last = 0] = [heaps[0], heaps.at(-1)];
    const growthPercent = round(((last - first) / first) * 100);
    const answers = outcomes(shots);
    const unauthenticated = shots.filter(({ status }) => status === 401).length;
    const hungUp = shots.filter(({ error }) => error !== undefined).length;
    const proved =
      hungUp > 0 && unauthenticated > 0 && shots.filter((shot) => !isFailed(shot)).length > sent / 2;
    return judge({
      facts: { seconds: totalMs / 1000, sent, answers, heapsMiB: heaps.map(inMiB), growthPercent },
      proved,
      bounds: {
        'heap after a collection': growthPercent <= 5,
        'no 5xx': shots.every(({ status }) => status < 500),
      },
    });
  } finally {
    await gateway.stop();
  }
};

/** What comes on an ordinary day: reads, writes, large answers, strangers, wrong tokens, wrong paths, clients that hang up. */
const mixed = (n: number, tokens: readonly string[]): LoadRequest => {
  const headers = { authorization: `Bearer ${tokens[n % tokens.length]}`, 'accept-encoding': 'gzip' };
  switch (n % 12) {
    case 0:
      return { path: '/api/bytes/200000', headers };
    case 1:
      return { path: '/api/effect', method: 'POST', headers, body: `${n}\n${'x'.repeat(5_000)}` };
    case 2:
      return { path: '/api/effect', method: 'PUT', headers, body: `${n}\n${'x'.repeat(100_000)}` };
    case 3:
      return { path: `/api/nothing/${n}`, headers };
    case 4:
      return { path: `/none/${n}`, headers };
    case 5:
      return { path: '/api/bytes/100', headers: { authorization: `Bearer ${tokens[0]}x${n}` } };
    case 6:
      return { path: '/api/bytes/3000000', headers, hangsUpAfterMs: 2 };
    case 7:
      return { path: `/api/bytes/1000?n=${n}` };
    default:
      return { path: `/api/bytes/${1_000 + (n % 100)}`, headers };
  }
};
