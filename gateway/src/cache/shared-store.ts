import type { Clock } from '@gatehouse/resilience';
import { causeOf } from '../limits/cause-of.ts';
import { createLateCheck } from '../limits/late-check.ts';
import type { CacheAddress } from './cache-key.ts';
import { type CacheStore, type Found, nothingFound, type VariantOf } from './cache-store.ts';
import type { AnswersEvents, Looked, SharedAnswers } from './shared-answers.ts';
import { decodeAnswer, encodeAnswer } from './stored-answer.ts';

export type SharedStoreBounds = Readonly<{
  /** How long an answer of the store may take. */
  answerMs: number;
  /** How long it is not asked at least; doubles up to `longestHoldMs` when it fails again within `steadyMs`. */
  holdMs: number;
  longestHoldMs: number;
  steadyMs: number;
  /** Bytes on their way to the store; more are not kept. */
  sentBytes: number;
  /** Paths that could not be forgotten yet; of more than these, all are forgotten. */
  owedPaths: number;
}>;

const sharedStoreBounds: SharedStoreBounds = {
  answerMs: 50,
  holdMs: 250,
  longestHoldMs: 5000,
  steadyMs: 10_000,
  sentBytes: 8_388_608,
  owedPaths: 1000,
};

export type StoreChange = Readonly<{ mode: 'shared' } | { mode: 'away'; cause: string }>;

export type SharedStoreDeps = Readonly<{
  /** Opens the store; the connection keeps coming back by itself. */
  connect: (events: AnswersEvents) => SharedAnswers;
  clock: Clock;
  /** Told once for each change. */
  onChange: (change: StoreChange) => void;
  bounds?: Partial<SharedStoreBounds>;
}>;

type Question = Readonly<{ sentAtMs: number; giveUp: () => void }>;

/** Names of headers that answers depend on, of addresses asked for lately: guessed, so that one round trip does. */
const guessedNames = 10_000;
const noNames: readonly string[] = [];
const nowhere: CacheAddress = { path: 'nowhere', entry: 'nothing' };

/**
 * Keeps answers in a store that all gateways share. A store that is slow or gone costs nobody an error, and time only
 * once: then everything is a miss until it is worth asking again.
 *
 * - `away`: how it begins. Nothing is found or kept. What is to be forgotten meanwhile is owed, and paid before anything is
 *   found again; what other gateways forgot is in the store already. Left when the store is connected, after a hold.
 * - `shared`: the store is asked. Left as soon as it fails or is late, or the connection is lost.
 */
export const createSharedStore = (
  deps: SharedStoreDeps,
): CacheStore & Readonly<{ settled(): Promise<void> }> => {
  const { clock } = deps;
  const bounds = { ...sharedStoreBounds, ...deps.bounds };
  const waiting = new Set<Question>();
  const owed = new Set<CacheAddress['path']>();
  const names = new Map<string, readonly string[]>();
  const sending = new Set<Promise<void>>();
  let mode: 'shared' | 'away' = 'away';
  let told: 'shared' | 'away' | undefined;
  let sentBytes = 0;
  let holdMs = bounds.holdMs;
  let holdsUntilMs = 0;
  let sharedSinceMs = 0;
  let cancelReturn = (): void => {};
  let returning = false;
  let owesAll = false;
  let bytesOfAll = 0;
  let closed = false;

  const tell = (change: StoreChange): void => {
    if (told === change.mode || closed) return;
    told = change.mode;
    deps.onChange(change);
  };

  const leave = (cause: string): void => {
    if (mode === 'shared') {
      const nowMs = clock.monotonic();
      holdMs =
        nowMs - sharedSinceMs >= bounds.steadyMs ? bounds.holdMs : Math.min(2 * holdMs, bounds.longestHoldMs);
      holdsUntilMs = nowMs + holdMs;
      mode = 'away';
      for (const { giveUp } of [...waiting]) giveUp();
    }
    tell({ mode: 'away', cause });
    comeBackLater();
  };

  const comeBackLater = (): void => {
    cancelReturn();
    if (closed) return;
    cancelReturn = clock.schedule(Math.max(0, holdsUntilMs - clock.monotonic()), () => void comeBack());
  };

  /** One at a time, so that a store that hangs is asked once; the end of its connection ends the question. */
  const comeBack = async (): Promise<void> => {
    if (mode === 'shared' || returning || closed || !answers.isReady()) return;
    returning = true;
    holdsUntilMs = clock.monotonic() + holdMs;
    try {
      await payOwed();
      const probe = answers.look(nowhere, '');
      const inTime = await ask<Looked | undefined>(probe, undefined);
      if (inTime !== undefined && owed.size === 0 && !owesAll && !closed && answers.isReady()) {
        mode = 'shared';
        sharedSinceMs = clock.monotonic();
        tell({ mode: 'shared' });
      } else await probe;
    } catch (error) {
      leave(causeOf(error));
    }
    returning = false;
    if (mode === 'away') comeBackLater();
  };

  const payOwed = async (): Promise<void> => {
    if (owesAll) {
      owesAll = false;
      try {
        await answers.forgetAll();
      } catch (error) {
        owesAll = true;
        throw error;
      }
    }
    await Promise.all([...owed].map((path) => answers.forget(path).then(() => owed.delete(path))));
  };

  /** `otherwise` if it fails, or takes too long; then the store is left. */
  const ask = <T>(answer: Promise<T>, otherwise: T): Promise<T> =>
    new Promise((resolve) => {
      const question = {
        sentAtMs: clock.monotonic(),
        giveUp: (): void => {
          if (waiting.delete(question)) resolve(otherwise);
        },
      };
      waiting.add(question);
      lateCheck.watch();
      answer.then(
        (value) => {
          if (waiting.delete(question)) resolve(value);
        },
        (error: unknown) => {
          question.giveUp();
          leave(causeOf(error));
        },
      );
    });

  const lateCheck = createLateCheck({
    clock,
    limitMs: bounds.answerMs,
    oldest: (): Question | undefined => waiting.values().next().value,
    onLate: () => {
      for (const { giveUp } of [...waiting]) giveUp();
      leave('no answer in time');
    },
  });

  const remember = (entry: string, varyNames: readonly string[]): void => {
    names.delete(entry);
    if (varyNames.length === 0) return;
    names.set(entry, varyNames);
    if (names.size > guessedNames) names.delete(names.keys().next().value as string);
  };

  const look = (address: CacheAddress, variant: string): Promise<Looked | undefined> =>
    ask<Looked | undefined>(answers.look(address, variant), undefined);

  const findShared = async (address: CacheAddress, variantOf: VariantOf): Promise<Found> => {
    const guess = variantOf(names.get(address.entry) ?? noNames);
    let looked = await look(address, guess);
    if (looked?.varyNames !== undefined) {
      remember(address.entry, looked.varyNames);
      const variant = variantOf(looked.varyNames);
      // The second round trip of the first request here for an address with variants.
      if (variant !== guess) looked = await look(address, variant);
    }
    if (looked === undefined || owed.has(address.path)) return nothingFound;
    const { mark, bytes, varyNames } = looked;
    const answer = bytes === undefined ? undefined : decodeAnswer(bytes);
    if (answer !== undefined && answer.keepUntilMs > clock.now())
      return { mark, answer, otherVariant: false };
    return { mark, answer: undefined, otherVariant: varyNames !== undefined && bytes === undefined };
  };

  const owe = (path: CacheAddress['path']): void => {
    owed.add(path);
    if (mode === 'shared' || owed.size <= bounds.owedPaths) return;
    owed.clear();
    owesAll = true;
  };

  const answers = deps.connect({ onReady: comeBackLater, onLost: leave });

  return {
    find: (address, variantOf) =>
      mode === 'away' || owed.has(address.path) ? nothingFound : findShared(address, variantOf),
    keep: (address, { mark, variantOf, answer }) => {
      if (mode === 'away' || owed.has(address.path)) return;
      const bytes = encodeAnswer(answer);
      if (sentBytes + bytes.length > bounds.sentBytes) return;
      sentBytes += bytes.length;
      const { varyNames, keepUntilMs } = answer;
      const kept = {
        mark,
        varyNames,
        bytes,
        variant: variantOf(varyNames),
        keepMs: keepUntilMs - clock.now(),
      };
      const sent = answers
        .keep(address, kept)
        .then(
          (total) => {
            bytesOfAll = total;
          },
          (error: unknown) => leave(causeOf(error)),
        )
        .finally(() => {
          sentBytes -= bytes.length;
          sending.delete(sent);
        });
      sending.add(sent);
    },
    forget: (path) => {
      owe(path);
      if (mode === 'away') return;
      const forgotten = answers.forget(path).then(() => owed.delete(path));
      return ask(forgotten, false).then(() => {});
    },
    report: () => ({ mode, bytes: bytesOfAll }),
    settled: async () => {
      await Promise.all(sending);
    },
    close: () => {
      closed = true;
      leave('closed');
      cancelReturn();
      lateCheck.stop();
      for (const { giveUp } of [...waiting]) giveUp();
      answers.close();
    },
  };
};
