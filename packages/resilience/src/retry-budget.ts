import type { Clock } from './clock.ts';

/** Keeps retries a share of the traffic, so that a service in trouble is not finished off by them. */
export type RetryBudget = Readonly<{
  /** For each first attempt. */
  deposit(): void;
  /** Takes one retry out of the budget; false: do not retry. */
  tryWithdraw(): boolean;
}>;

export type RetryBudgetOptions = Readonly<{
  /** Retries earned by a first attempt. */
  ratio?: number;
  /** Retries that are there without any traffic: at most this many at once, refilled evenly. */
  minimumPerSecond?: number;
  /** How long a deposit lasts. */
  ttlMs?: number;
  clock: Clock;
}>;

const slices = 10;
/** Counted in thousandths, whole: 0.2 a thousand times is 200. */
const retry = 1000;

/**
 * 0.2 of a retry for each first attempt, kept for 10 s, and 10 a second beside; so at most
 * 1.2 × the offered load + 10 a second (+ 10 once) reach a service. Deposits lapse in slices of a tenth of `ttlMs`, the
 * oldest are used first. Source: Finagle's retry budgets, whose reserve of ttl × minimum at once is not taken over.
 */
export const createRetryBudget = ({
  ratio = 0.2,
  minimumPerSecond = 10,
  ttlMs = 10_000,
  clock,
}: RetryBudgetOptions): RetryBudget => {
  const earned = new Array<number>(slices).fill(0);
  const deposited = Math.round(ratio * retry);
  const reserveLimit = minimumPerSecond * retry;
  const sliceMs = ttlMs / slices;
  let slice = 0;
  let sliceStartedAt = clock.monotonic();
  let reserve = reserveLimit;
  let refilledAt = sliceStartedAt;

  const turn = (): void => {
    const passed = Math.floor((clock.monotonic() - sliceStartedAt) / sliceMs);
    if (passed === 0) return;
    sliceStartedAt += passed * sliceMs;
    for (let step = 0; step < Math.min(passed, slices); step += 1) {
      slice = (slice + 1) % slices;
      earned[slice] = 0;
    }
  };

  const refill = (): void => {
    const now = clock.monotonic();
    reserve = Math.min(reserveLimit, reserve + (now - refilledAt) * minimumPerSecond);
    refilledAt = now;
  };

  /** Takes up to `wanted` from the oldest deposits on; gives back what is still missing. */
  const takeEarned = (wanted: number): number => {
    let missing = wanted;
    for (let age = slices - 1; age >= 0 && missing > 0; age -= 1) {
      const index = (slice - age + slices) % slices;
      const taken = Math.min(earned[index] ?? 0, missing);
      earned[index] = (earned[index] ?? 0) - taken;
      missing -= taken;
    }
    return missing;
  };

  const balance = (): number => earned.reduce((sum, amount) => sum + amount, reserve);

  return {
    deposit: () => {
      turn();
      earned[slice] = (earned[slice] ?? 0) + deposited;
    },
    tryWithdraw: () => {
      turn();
      refill();
      if (balance() < retry) return false;
      reserve -= takeEarned(retry);
      return true;
    },
  };
};
