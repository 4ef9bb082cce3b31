import type { Clock } from './clock.ts';
import { resilienceError } from './resilience-error.ts';

/** One limit for everything that is done for a request: all attempts and the waits between them. */
export type Deadline = Readonly<{
  /** When the time is over, in milliseconds since the epoch: what is passed on to services. */
  at: number;
  /** Milliseconds left, never below 0; measured by the monotonic clock. */
  remainingMs(): number;
  expired(): boolean;
  /** Aborted with AppError `deadline_exceeded` (timeout) when the time is over. Its timer starts when it is first asked for. */
  signal: AbortSignal;
  /** The work is done: the timer ends and the signal stays as it is. */
  clear(): void;
}>;

/** Starts a time limit of `timeoutMs` from now. Call `clear` when the work is done. */
export const createDeadline = (clock: Clock, timeoutMs: number): Deadline => {
  const endsAt = clock.monotonic() + timeoutMs;
  let controller: AbortController | undefined;
  let cancel = (): void => {};

  const remainingMs = (): number => Math.max(0, endsAt - clock.monotonic());

  const openSignal = (): AbortSignal => {
    controller = new AbortController();
    const { signal } = controller;
    const abort = (): void => controller?.abort(resilienceError('deadline_exceeded'));
    const left = remainingMs();
    if (left === 0) abort();
    else cancel = clock.schedule(left, abort);
    return signal;
  };

  return {
    at: clock.now() + timeoutMs,
    remainingMs,
    expired: () => remainingMs() === 0,
    get signal() {
      return controller?.signal ?? openSignal();
    },
    clear: () => cancel(),
  };
};
