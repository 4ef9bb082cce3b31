import type { ExpectedVersion } from './event-store.ts';

/** -1 for any, 0 for no stream, else the version itself. */
export const toExpectedNumber = (expected: ExpectedVersion): number => {
  if (expected === 'any') return -1;
  if (expected === 'no-stream') return 0;
  if (!Number.isInteger(expected) || expected < 0) throw new RangeError(`${expected} is no version`);
  return expected;
};

/** SQLSTATE 40001: the whole transaction has to be repeated. */
export const isOlderTransaction = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === '40001';
