import { randomUUID } from 'node:crypto';
import { createClient, RESP_TYPES } from '@redis/client';
import { causeOf } from '../../limits/cause-of.ts';
import { reconnectDelayMs } from '../../limits/redis/redis-counters.ts';
import type { RedisScript } from '../../limits/redis/redis-script.ts';
import type { AnswersEvents, Looked, SharedAnswers } from '../shared-answers.ts';
import {
  endsKey,
  findScript,
  forgetScript,
  forgetSomeScript,
  keepScript,
  pathKeyOf,
  sizesKey,
} from './store-scripts.ts';

export type RedisAnswersOptions = Readonly<{
  /** `redis://[user:password@]host:port[/database]`, `rediss://` for TLS. */
  url: string;
  random: () => number;
  /** Of all answers of all gateways together. */
  maxBytes: () => number;
  /** Of one address; the oldest goes. */
  maxVariants: number;
  /** Of one path, whatever the query and whoever asks; over it all of them go. */
  maxEntries: number;
}>;

const connectTimeoutMs = 2000;
/** Without a byte either way for so long, a connection is given up; a ping keeps an idle one. */
const silenceTimeoutMs = 5000;
const pingEveryMs = 2000;
/** Commands without an answer yet; more are refused. */
const queueLimit = 10_000;
const scripts = [findScript, keepScript, forgetScript, forgetSomeScript];

/**
 * Redis by one connection that comes back by itself, for ever; another one than that of the limits, which must not wait
 * behind large answers. Commands are never kept for later: without it they fail at once.
 */
export const createRedisAnswers = (
  { url, random, maxBytes, maxVariants, maxEntries }: RedisAnswersOptions,
  { onReady, onLost }: AnswersEvents,
): SharedAnswers => {
  const client = createClient({
    url,
    RESP: 2,
    name: 'gatehouse-cache',
    disableClientInfo: true,
    maintNotifications: 'disabled',
    disableOfflineQueue: true,
    commandsQueueMaxLength: queueLimit,
    commandOptions: { timeout: 0, typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } },
    pingInterval: pingEveryMs,
    socket: {
      connectTimeout: connectTimeoutMs,
      socketTimeout: silenceTimeoutMs,
      reconnectStrategy: (retries) => reconnectDelayMs(retries, random),
    },
  });

  /** One round trip; two when Redis has forgotten its scripts since this connection began. */
  const run = async (script: RedisScript, keys: readonly string[], parts: readonly (string | Buffer)[]) => {
    const rest = [String(keys.length), ...keys, ...parts];
    try {
      return (await client.sendCommand(['EVALSHA', script.sha1, ...rest])) as unknown;
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return (await client.sendCommand(['EVAL', script.text, ...rest])) as unknown;
    }
  };

  /**
   * So that none is refused for being unknown and sent again behind what was asked after it: what is kept is found by
   * whoever asks next. Where that fails, `run` sends them in full.
   */
  const loadScripts = (): void => {
    for (const { text } of scripts) client.sendCommand(['SCRIPT', 'LOAD', text]).catch(() => {});
  };

  client.on('error', (error: unknown) => onLost(causeOf(error)));
  client.on('ready', () => {
    loadScripts();
    onReady();
  });
  // Ends with an error only when it is closed meanwhile.
  client.connect().catch(() => {});

  return {
    look: async ({ path, entry }, variant) =>
      toLooked(await run(findScript, [pathKeyOf(path)], [entry, variant])),
    keep: async ({ path, entry }, { mark, variant, varyNames, bytes, keepMs }) => {
      const figures = [keepMs, maxBytes(), maxVariants, maxEntries].map((figure) =>
        String(Math.ceil(figure)),
      );
      const parts = [path, entry, variant, JSON.stringify(varyNames), mark, bytes, ...figures];
      return Number(await run(keepScript, [pathKeyOf(path), endsKey, sizesKey], parts));
    },
    forget: async (path) => {
      await run(forgetScript, [pathKeyOf(path), endsKey, sizesKey], [path, randomUUID()]);
    },
    forgetAll: async () => {
      let some = 1;
      while (some > 0) {
        const keys = [endsKey, sizesKey, pathKeyOf('x')];
        some = Number(await run(forgetSomeScript, keys, ['x', randomUUID()]));
      }
    },
    isReady: () => client.isReady,
    close: () => client.destroy(),
  };
};

const toLooked = (reply: unknown): Looked => {
  const [mark, names, bytes] = reply as (Buffer | null)[];
  return {
    mark: mark?.toString() ?? '',
    varyNames: names ? (JSON.parse(names.toString()) as string[]) : undefined,
    bytes: bytes ?? undefined,
  };
};
