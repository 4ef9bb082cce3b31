import type { Clock } from '@gatehouse/resilience';
import { comparePositions, type Position, startPosition } from './position.ts';

/** Who waits beyond this many is answered at once that it is not processed. */
const waitersLimit = 10_000;

/** Between two looks while somebody waits: the work may be another instance's. */
const lookMs = 20;

/** Those who wait until a position is passed. `look` is asked to find out how far things are, and calls `passed`. */
export const createPositionWaiters = (clock: Clock, look: () => void) => {
  const waiting = new Set<Readonly<{ position: Position; settle: (reached: boolean) => void }>>();
  let reached: Position = startPosition;
  let cancelLook: (() => void) | undefined;

  const lookSoon = (): void => {
    cancelLook ??= clock.schedule(lookMs, () => {
      cancelLook = undefined;
      if (waiting.size === 0) return;
      look();
      lookSoon();
    });
  };

  return {
    passed(position: Position): void {
      if (comparePositions(position, reached) > 0) reached = position;
      for (const waiter of waiting) {
        if (comparePositions(waiter.position, reached) <= 0) waiter.settle(true);
      }
    },

    wait(position: Position, timeoutMs: number): Promise<boolean> {
      if (comparePositions(position, reached) <= 0) return Promise.resolve(true);
      if (waiting.size >= waitersLimit) return Promise.resolve(false);
      return new Promise((resolve) => {
        const cancelTimeout = clock.schedule(timeoutMs, () => settle(false));
        const settle = (isReached: boolean): void => {
          waiting.delete(waiter);
          cancelTimeout();
          resolve(isReached);
        };
        const waiter = { position, settle };
        waiting.add(waiter);
        look();
        lookSoon();
      });
    },

    /** Nobody will look any more. */
    close(): void {
      cancelLook?.();
      cancelLook = undefined;
      for (const waiter of waiting) waiter.settle(false);
    },
  };
};
