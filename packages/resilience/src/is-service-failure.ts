import { isAppError } from '@gatehouse/errors';

/** Refusals of ours: the service was not asked. */
const localRefusals: ReadonlySet<string> = new Set(['circuit_open', 'overloaded']);

/**
 * Whether an error says that the called service is unwell: time limits, unavailability, broken answers, anything
 * unknown. Not: what the service refused with good reason, our own refusals, a caller who hung up (`AbortError`).
 */
export const isServiceFailure = (error: unknown): boolean => {
  if (error instanceof Error && error.name === 'AbortError') return false;
  if (!isAppError(error)) return true;
  switch (error.kind) {
    case 'timeout':
    case 'unavailable':
    case 'internal':
      return !localRefusals.has(error.code);
    case 'malformed':
    case 'invalid':
    case 'unauthenticated':
    case 'forbidden':
    case 'not-found':
    case 'conflict':
    case 'stale':
    case 'throttled':
      return false;
  }
};
