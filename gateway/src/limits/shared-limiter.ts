import type { Clock } from '@gatehouse/resilience';
import { causeOf } from './cause-of.ts';
import { answerInTime, createLateCheck } from './late-check.ts';
import type { BothLeft, Limit, Limiter, Taking } from './limiter.ts';
import type { MemoryLimiter } from './memory-limiter.ts';
import type { Counted, CountersEvents, Owing, SharedCounters } from './shared-counters.ts';
import { createWaitingLine } from './waiting-line.ts';

export type LimiterChange = Readonly<
  { mode: 'shared'; gateways: number } | { mode: 'local'; gateways: number; cause: string }
>;

export type SharedLimiterBounds = Readonly<{
  /** How long an answer may take. */
  answerMs: number;
  /** How often this gateway says that it is there. */
  announceEveryMs: number;
  /** How long it counts alone at least; doubles up to `longestHoldMs` when it has to again within `steadyMs`. */
  holdMs: number;
  longestHoldMs: number;
  steadyMs: number;
  /** How long a start waits for the store. */
  startMs: number;
}>;

export const sharedLimiterBounds: SharedLimiterBounds = {
  answerMs: 50,
  announceEveryMs: 2000,
  holdMs: 250,
  longestHoldMs: 5000,
  steadyMs: 10_000,
  startMs: 1000,
};

export type SharedLimiterDeps = Readonly<{
  /** Opens the store; the connection keeps coming back by itself. */
  connect: (events: CountersEvents) => SharedCounters;
  /** Takes over when the store is away, and knows meanwhile what the store answered. */
  local: MemoryLimiter;
  clock: Clock;
  /** Told once for each change, and of the first failure of a start. */
  onChange: (change: LimiterChange) => void;
  bounds?: Partial<SharedLimiterBounds>;
}>;

export type SharedLimiter = Limiter &
  Readonly<{
    /** Resolves when it counts with the others or, at the latest, after `startMs`. Never fails. */
    started(): Promise<void>;
    close(): void;
  }>;

/** A question to the store. `settle` gives what became of its takings, in order, up to the first that was refused. */
type Question = {
  readonly takings: readonly Owing[];
  readonly sentAtMs: number;
  readonly settle: (left: readonly number[]) => void;
  answered: boolean;
};

const slow = 'no answer in time';

/** Shared out among the gateways, so that together they let through what one limit does; at least one for each. */
const shareOf = (limit: Limit, gateways: number): Limit =>
  gateways === 1 ? limit : { limit: Math.max(1, limit.limit / gateways), windowMs: limit.windowMs };

/**
 * Counts in a store that all gateways share, and alone as long as that one does not answer in time: never open, never
 * an error.
 *
 * - `local`: how it begins. Each limit is divided by the number of gateways last known, and goes on from what the store
 *   said last, so that nobody gets a second burst. Left when the store answers an announcement in time, after a hold.
 * - `shared`: the store decides. Left as soon as an answer fails or is late, or the connection is lost: then everything
 *   that waits is decided here. For a window after coming back the store is told what was counted here meanwhile, since
 *   it may have lost what it knew.
 */
export const createSharedLimiter = (deps: SharedLimiterDeps): SharedLimiter => {
  const { local, clock } = deps;
  const bounds = { ...sharedLimiterBounds, ...deps.bounds };
  const waiting = createWaitingLine<Question>();
  const started = Promise.withResolvers<void>();
  let mode: 'shared' | 'local' = 'local';
  let told: 'shared' | 'local' | undefined;
  let gateways = 1;
  let fallbacks = 0;
  let longestWindowMs = 0;
  let owesUntilMs = 0;
  let sharedSinceMs = 0;
  let holdMs = bounds.holdMs;
  let holdsUntilMs = 0;
  let announcing = false;
  let cancelAnnouncement = (): void => {};
  let closed = false;

  const tell = (change: LimiterChange): void => {
    if (told === change.mode || closed) return;
    told = change.mode;
    deps.onChange(change);
  };

  const takeLocally = (key: string, limit: Limit): number => {
    if (limit.windowMs > longestWindowMs) longestWindowMs = limit.windowMs;
    return local.take(key, shareOf(limit, gateways));
  };

  const takeAllLocally = (takings: readonly Taking[]): readonly number[] => {
    const left: number[] = [];
    for (const { key, limit } of takings) {
      const one = takeLocally(key, limit);
      left.push(one);
      if (one < 0) break;
    }
    return left;
  };

  const ask = (takings: readonly Owing[], settle: Question['settle']): void => {
    const question: Question = { takings, settle, sentAtMs: clock.monotonic(), answered: false };
    waiting.push(question);
    lateCheck.watch();
    counters.take(takings).then(
      (counted) => answer(question, counted),
      (error: unknown) => {
        if (!question.answered) fallBack(causeOf(error));
      },
    );
  };

  const answer = (question: Question, counted: readonly Counted[]): void => {
    if (question.answered) return; // decided here meanwhile
    question.answered = true;
    const left: number[] = [];
    for (let index = 0; index < counted.length; index += 1) {
      const taking = question.takings[index] as Owing;
      const one = counted[index] as Counted;
      local.learn(taking.key, taking.limit, one.wholeInMs);
      left.push(one.left);
    }
    question.settle(left);
  };

  const toOwing = (key: string, limit: Limit): Owing => ({
    key,
    limit,
    owedMs: clock.monotonic() < owesUntilMs ? local.wholeInMs(key) : 0,
  });

  const takeShared = (key: string, limit: Limit): Promise<number> =>
    new Promise((resolve) => ask([toOwing(key, limit)], ([left = 0]) => resolve(left)));

  const takeBothShared = (first: Taking, second: Taking): Promise<BothLeft> =>
    new Promise((resolve) =>
      ask([toOwing(first.key, first.limit), toOwing(second.key, second.limit)], (left) =>
        resolve({ first: left[0] ?? 0, second: left[1] }),
      ),
    );

  const fallBack = (cause: string): void => {
    if (mode === 'shared') {
      const nowMs = clock.monotonic();
      const wasSteady = nowMs - sharedSinceMs >= bounds.steadyMs;
      holdMs = wasSteady ? bounds.holdMs : Math.min(2 * holdMs, bounds.longestHoldMs);
      holdsUntilMs = nowMs + holdMs;
      mode = 'local';
      fallbacks += 1;
      for (const question of waiting.empty()) {
        question.answered = true;
        question.settle(takeAllLocally(question.takings));
      }
      announceSoon();
    }
    tell({ mode: 'local', gateways, cause });
  };

  const comeBack = (): void => {
    const nowMs = clock.monotonic();
    if (mode === 'shared' || nowMs < holdsUntilMs) return;
    mode = 'shared';
    sharedSinceMs = nowMs;
    owesUntilMs = nowMs + longestWindowMs;
    tell({ mode: 'shared', gateways });
    started.resolve();
  };

  /** One at a time, so that a store that hangs is asked once; the end of its connection ends the question. */
  const announce = async (): Promise<void> => {
    if (announcing || closed || !counters.isReady()) return;
    announcing = true;
    try {
      const { value, inTime } = await answerInTime(counters.announce(), clock, bounds.answerMs);
      gateways = Math.max(1, value);
      if (inTime) comeBack();
      else if (mode === 'local') fallBack(slow);
    } catch (error) {
      fallBack(causeOf(error));
    }
    announcing = false;
    if (mode === 'shared') announceAfter(bounds.announceEveryMs);
    else announceAfter(Math.max(bounds.holdMs, holdsUntilMs - clock.monotonic()));
  };

  const announceAfter = (delayMs: number): void => {
    cancelAnnouncement();
    if (!closed) cancelAnnouncement = clock.schedule(delayMs, () => void announce());
  };

  const announceSoon = (): void => announceAfter(Math.max(0, holdsUntilMs - clock.monotonic()));

  const lateCheck = createLateCheck({
    clock,
    limitMs: bounds.answerMs,
    oldest: waiting.first,
    onLate: () => fallBack(slow),
  });

  const counters = deps.connect({ onReady: announceSoon, onLost: fallBack });
  const cancelStart = clock.schedule(bounds.startMs, () => {
    if (told === undefined) tell({ mode: 'local', gateways, cause: slow });
    started.resolve();
  });

  return {
    take: (key, limit) => (mode === 'shared' ? takeShared(key, limit) : takeLocally(key, limit)),
    asks: () => mode === 'shared',
    takeBoth: (first, second) => {
      if (mode === 'shared') return takeBothShared(first, second);
      const left = takeAllLocally([first, second]);
      return { first: left[0] ?? 0, second: left[1] };
    },
    emptyForMs: (key, limit) => local.emptyForMs(key, mode === 'shared' ? limit : shareOf(limit, gateways)),
    list: local.list,
    clear: (key) => {
      const wasKnown = local.clear(key);
      if (mode === 'local') return wasKnown;
      return counters.clear(key).then(
        (wasCounted) => wasCounted || wasKnown,
        () => wasKnown,
      );
    },
    report: () => ({ mode, fallbacks }),
    started: () => started.promise,
    close: () => {
      closed = true;
      fallBack('closed');
      cancelStart();
      cancelAnnouncement();
      lateCheck.stop();
      started.resolve();
      counters.close();
    },
  };
};
