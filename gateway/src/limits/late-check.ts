import type { Clock } from '@gatehouse/resilience';

export type LateCheckDeps<T> = Readonly<{
  clock: Clock;
  limitMs: number;
  /** Of what waits for an answer, whatever was sent first. */
  oldest: () => T | undefined;
  onLate: () => void;
}>;

/**
 * One timer for everything that waits, instead of one for each request.
 *
 * Late is what has no answer after `limitMs` and a further turn of the event loop: when this process itself was busy for
 * so long, the answer may have been there all the time, and is read in that turn.
 */
export const createLateCheck = <T extends Readonly<{ sentAtMs: number }>>(deps: LateCheckDeps<T>) => {
  const { clock, limitMs, oldest, onLate } = deps;
  let cancel: (() => void) | undefined;
  let suspect: T | undefined;

  const check = (): void => {
    cancel = undefined;
    const waiting = oldest();
    if (waiting === undefined) return;
    const leftMs = waiting.sentAtMs + limitMs - clock.monotonic();
    if (leftMs <= 0 && suspect === waiting) {
      onLate();
      return;
    }
    suspect = leftMs <= 0 ? waiting : undefined;
    cancel = clock.schedule(Math.max(0, leftMs), check);
  };

  return {
    /** Something was sent. */
    watch: (): void => {
      cancel ??= clock.schedule(limitMs, check);
    },
    stop: (): void => cancel?.(),
  };
};

/** The same for one answer; does not stop waiting for it. */
export const answerInTime = async <A>(
  answer: Promise<A>,
  clock: Clock,
  limitMs: number,
): Promise<Readonly<{ value: A; inTime: boolean }>> => {
  let inTime = true;
  let cancel = clock.schedule(limitMs, () => {
    cancel = clock.schedule(0, () => {
      inTime = false;
    });
  });
  try {
    const value = await answer;
    return { value, inTime };
  } finally {
    cancel();
  }
};
