/** How often a failing message is tried: `quick` times at once, then once after each delay. */
export type RetryPolicy = Readonly<{ quick: number; delayedSeconds: readonly number[] }>;

export const defaultRetryPolicy: RetryPolicy = { quick: 5, delayedSeconds: [10, 20, 30] };

export type NextTry = Readonly<{ status: 'again'; delaySeconds: number } | { status: 'dead-letter' }>;

/** What follows the given number of failed attempts (from 1). */
export const nextTryAfter = (failedAttempts: number, policy: RetryPolicy): NextTry => {
  if (failedAttempts < policy.quick) return { status: 'again', delaySeconds: 0 };
  const delaySeconds = policy.delayedSeconds[failedAttempts - Math.max(policy.quick, 1)];
  return delaySeconds === undefined ? { status: 'dead-letter' } : { status: 'again', delaySeconds };
};
