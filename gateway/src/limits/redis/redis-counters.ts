import { createClient } from '@redis/client';
import { causeOf } from '../cause-of.ts';
import type { CountersEvents, SharedCounters } from '../shared-counters.ts';
import { censusKey, censusScript } from './census-script.ts';
import type { RedisScript } from './redis-script.ts';
import { parseCounted, redisKeyOf, takeKeys, takeScript } from './take-script.ts';

export type RedisCountersOptions = Readonly<{
  /** `redis://[user:password@]host:port[/database]`, `rediss://` for TLS. */
  url: string;
  /** Of this gateway, among all of them. */
  id: string;
  random: () => number;
}>;

const connectTimeoutMs = 2000;
/** Without a byte either way for so long, a connection is given up. Longer than the time between two announcements. */
const silenceTimeoutMs = 5000;
/** Commands without an answer yet; more are refused. Far more than there are within the time limit of an answer. */
const queueLimit = 10_000;
const longestReconnectDelayMs = 2000;

/** Doubling from 50 ms to 2 s, between half of it and all of it: gateways that lost Redis together come back apart. */
export const reconnectDelayMs = (retries: number, random: () => number): number =>
  Math.min(longestReconnectDelayMs, 50 * 2 ** Math.min(retries, 10)) * (0.5 + random() / 2);

/** Redis by one connection that comes back by itself, for ever. Commands are never kept for later: without it they fail at once. */
export const createRedisCounters = (
  { url, id, random }: RedisCountersOptions,
  { onReady, onLost }: CountersEvents,
): SharedCounters => {
  const client = createClient({
    url,
    RESP: 2,
    name: 'gatehouse-gateway', // also makes Redis answer before the connection counts as ready
    disableClientInfo: true,
    maintNotifications: 'disabled',
    disableOfflineQueue: true,
    commandsQueueMaxLength: queueLimit,
    commandOptions: { timeout: 0 }, // whoever asks has one time limit for all that it waits for
    socket: {
      connectTimeout: connectTimeoutMs,
      socketTimeout: silenceTimeoutMs,
      reconnectStrategy: (retries) => reconnectDelayMs(retries, random),
    },
  });

  /** One round trip; two when Redis does not know the script: the first time, and after its restart. */
  const run = <T>(script: RedisScript, parts: readonly string[], parse: (reply: unknown) => T): Promise<T> =>
    client.sendCommand(['EVALSHA', script.sha1, ...parts]).then(parse, async (error: unknown) => {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return parse(await client.sendCommand(['EVAL', script.text, ...parts]));
    });

  client.on('error', (error: unknown) => onLost(causeOf(error)));
  client.on('ready', onReady);
  // Ends with an error only when it is closed meanwhile.
  client.connect().catch(() => {});

  return {
    take: (takings) => run(takeScript, takeKeys(takings), parseCounted),
    clear: async (key) => Number(await client.sendCommand(['DEL', redisKeyOf(key)])) > 0,
    announce: () => run(censusScript, ['1', censusKey, id], Number),
    isReady: () => client.isReady,
    close: () => client.destroy(),
  };
};
