import { EventEmitter } from 'node:events';
import CircuitBreaker from 'opossum';

/**
 * opossum's circuit, fed with finished calls: it keeps the window, counts it and decides by rate when to open. Whether a
 * call may begin, probes and recovery are `breaker.ts`. Everything here happens at once, without a timer or a promise.
 *
 * A failure goes through opossum's `fire`, which judges the rate. A success decides nothing, and `fire` would make two
 * promises, a closure or three and an entry in a list of latencies for it: so successes are added up here, and written
 * into opossum's window before anybody looks at it or it turns.
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

export const createCircuit = ({ name, windowMs, failurePercent, minimumCalls }: CircuitOptions): Circuit => {
  const slices = new EventEmitter();
  const opossum = new CircuitBreaker<[], void>(failing, {
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

  /** Successes of the current slice that opossum does not know of yet. */
  let successes = 0;

  const hand = (): void => {
    if (successes === 0) return;
    const [slice] = opossum.status.window as unknown as WindowSlice[];
    if (slice !== undefined) {
      slice.fires += successes;
      slice.successes += successes;
    }
    successes = 0;
  };

  const rotate = (count: number): void => {
    hand();
    for (let slice = 0; slice < Math.min(count, windowSlices); slice += 1) slices.emit('rotate');
  };

  return {
    isClosed: () => opossum.closed,
    succeed: () => {
      successes += 1;
    },
    fail: () => {
      hand();
      opossum.fire().catch(ignore);
    },
    rotate,
    counts: () => {
      hand();
      const { failures, successes: good } = opossum.stats;
      return { failures, successes: good };
    },
    open: () => opossum.open(),
    reset: () => {
      rotate(windowSlices);
      opossum.close();
    },
    shutdown: () => opossum.shutdown(),
  };
};

/** A slice of opossum's window, of which `status.window` gives the newest first. Its types call it a browser's window. */
type WindowSlice = { fires: number; successes: number };

/** The action that opossum guards: a call that is over and failed. It throws, so that it is counted when `fire` returns. */
const failing = (): never => {
  throw failed;
};

// Never leaves this file, so one is enough and its stack is of no interest.
const failed = new Error('The call failed.');

const ignore = (): void => {};
