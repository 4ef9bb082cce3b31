import type { Clock } from '@gatehouse/resilience';
import type { Limit } from './limiter.ts';
import { createMemoryLimiter, type MemoryLimiter } from './memory-limiter.ts';
import type { Counted, CountersEvents, SharedCounters } from './shared-counters.ts';

export type FakeCountersOptions = Readonly<{
  gateways?: number;
  /** Of another one: both are then one store. */
  store?: MemoryLimiter;
}>;

type Behaviour = 'answers' | 'hangs' | 'fails';

/** A shared store in memory, for tests of what happens when it goes. What hangs is answered when it answers again. */
export const createFakeCounters = (clock: Clock, { gateways = 1, store }: FakeCountersOptions) => {
  const counted = store ?? createMemoryLimiter({ clock });
  const hanging: (() => void)[] = [];
  let behaviour: Behaviour = 'answers';
  let events: CountersEvents | undefined;
  let isReady = false;
  let isClosed = false;
  let announcements = 0;

  const answer = async <T>(work: () => T): Promise<T> => {
    if (behaviour === 'hangs') await new Promise<void>((resolve) => hanging.push(resolve));
    if (behaviour === 'fails') throw new Error('OOM command not allowed, when used memory > maxmemory');
    return work();
  };

  const counters: SharedCounters = {
    take: (takings) =>
      answer(() => {
        const taken: Counted[] = [];
        for (const { key, limit, owedMs } of takings) {
          if (counted.wholeInMs(key) < owedMs) counted.learn(key, limit, owedMs);
          const left = counted.take(key, limit);
          taken.push({ left, wholeInMs: counted.wholeInMs(key) });
          if (left < 0) break;
        }
        return taken;
      }),
    clear: (key) => answer(() => counted.clear(key)),
    announce: () => {
      announcements += 1;
      return answer(() => gateways);
    },
    isReady: () => isReady,
    close: () => {
      isClosed = true;
    },
  };

  return {
    counted,
    connect: (given: CountersEvents): SharedCounters => {
      events = given;
      return counters;
    },
    becomeReady: (): void => {
      isReady = true;
      events?.onReady();
    },
    lose: (cause: string): void => {
      isReady = false;
      events?.onLost(cause);
    },
    behave: (next: Behaviour): void => {
      behaviour = next;
      if (next !== 'hangs') for (const resume of hanging.splice(0)) resume();
    },
    takenElsewhere: (key: string, limit: Limit): number => counted.take(key, limit),
    announcements: () => announcements,
    isClosed: () => isClosed,
  };
};
