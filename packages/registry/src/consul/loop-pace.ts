import { type Clock, wait } from '@gatehouse/resilience';

export type LoopPace = Readonly<{
  /** Resolves when the next loop may run; rejects with the signal's reason. One caller at a time. */
  next(signal: AbortSignal): Promise<void>;
}>;

const burst = 2;
const refillMs = 1000;

/**
 * Two loops at once, then one a second: a service that changes all the time (or a server that does not block) must not make
 * us ask all the time, and a single change is still seen at once.
 */
export const createLoopPace = (clock: Clock): LoopPace => {
  let tokens = burst;
  let countedAt = clock.monotonic();

  return {
    next: async (signal) => {
      const now = clock.monotonic();
      tokens = Math.min(burst, tokens + (now - countedAt) / refillMs);
      countedAt = now;
      if (tokens < 1) {
        await wait(clock, Math.ceil((1 - tokens) * refillMs), signal);
        tokens = 1;
        countedAt = clock.monotonic();
      }
      tokens -= 1;
    },
  };
};

const firstBackoffMs = 500;
const maxBackoffMs = 5000;

/** Full jitter: anywhere up to 0.5 s after the first failure, up to twice that after each further one, 5 s at most. */
export const backoffMs = (failures: number, random: () => number): number =>
  random() * Math.min(maxBackoffMs, firstBackoffMs * 2 ** Math.min(failures - 1, 10));
