import { EventEmitter } from 'node:events';
import CircuitBreaker from 'opossum';

/**
 * opossum's circuit, fed with finished calls: it keeps the window, counts it and decides by rate when to open. Whether a
 * call may begin, probes and recovery are `breaker.ts`. Everything here happens at once, without a timer or a promise.
 */
export type Circuit = Readonly<{
  isClosed(): boolean;
  succeed(): void;
  /** May open the circuit before it returns. */
  fail(): void;
  /** The window moves on by `slices` of `windowSlices`. */
  rotate(slices: number): void;
  counts(): Readonly<{ failures: number; successes: number }>;
  open(): void;
  /** Closed, with an empty window. */
  reset(): void;
  shutdown(): void;
}>;

/** The window is kept in so many slices; it forgets one at a time. */
export const windowSlices = 10;

export type CircuitOptions = Readonly<{
  name: string;
  windowMs: number;
  failurePercent: number;
  minimumCalls: number;
}>;

type Outcome = 'success' | 'failure';

export const createCircuit = ({ name, windowMs, failurePercent, minimumCalls }: CircuitOptions): Circuit => {
  const slices = new EventEmitter();
  const opossum = new CircuitBreaker<[Outcome], void>(answer, {
    name,
    timeout: false,
    enableSnapshots: false,
    rollingPercentilesEnabled: false,
    rollingCountTimeout: windowMs,
    rollingCountBuckets: windowSlices,
    rotateBucketController: slices,
    volumeThreshold: minimumCalls,
    // opossum opens above its threshold, our rule opens at it.
    errorThresholdPercentage: failurePercent - 1e-9,
  });
  // opossum's own listeners on `open` start its half-open timer on the machine's clock: recovery is ours, by our clock.
  opossum.removeAllListeners('open');

  const rotate = (count: number): void => {
    for (let slice = 0; slice < Math.min(count, windowSlices); slice += 1) slices.emit('rotate');
  };

  return {
    isClosed: () => opossum.closed,
    succeed: () => {
      opossum.fire('success');
    },
    fail: () => {
      opossum.fire('failure').catch(ignore);
    },
    rotate,
    counts: () => {
      const { failures, successes } = opossum.stats;
      return { failures, successes };
    },
    open: () => opossum.open(),
    reset: () => {
      rotate(windowSlices);
      opossum.close();
    },
    shutdown: () => opossum.shutdown(),
  };
};

/**
 * The action that opossum guards: the outcome of a call that is over. It throws instead of rejecting, and answers with
 * something that calls back at once, so that opossum has counted the sample when `fire` returns.
 */
const answer = (outcome: Outcome): Promise<void> => {
  if (outcome === 'failure') throw failed;
  return fulfilled;
};

// Never leaves this file, so one is enough and its stack is of no interest.
const failed = new Error('The call failed.');

const fulfilled = {
  // biome-ignore lint/suspicious/noThenProperty: opossum asks for a `then`, and a real promise would count a microtask late.
  then: (onFulfilled: () => void) => {
    onFulfilled();
    return { catch: () => {} };
  },
} as unknown as Promise<void>;

const ignore = (): void => {};
