import type { BreakerReport } from './breaker-report.ts';
import { createCircuit, windowSlices } from './circuit.ts';
import type { Clock } from './clock.ts';
import { isServiceFailure } from './is-service-failure.ts';
import { createRecovery } from './recovery.ts';
import { resilienceError } from './resilience-error.ts';

/** The right to make one call. The first of the three ends it, what comes after is ignored. */
export type Permit = Readonly<{
  succeed(): void;
  /** A failure if `isFailure` says so, else like `release`. */
  fail(error: unknown): void;
  /** Ends it without a sample: the client hung up, the call was never made. */
  release(): void;
}>;

/**
 * Stops calling what does not answer.
 *
 * - closed: calls pass. Opens when at least `failurePercent` of at least `minimumCalls` that ended in the last `windowMs`
 *   failed, or on `consecutiveFailures` in a row whatever the volume, or by `trip`.
 * - open: calls are refused for `openForMs` ± 20%, or until `recover`.
 * - half-open: 3 calls pass as probes. 3 good ones close it with an empty window, a failed one opens it again. Probes
 *   that say nothing for `openForMs` are given up and 3 others are let through.
 *
 * Calls that began before a change of state are no samples after it. There are no timers: states follow the clock when
 * somebody asks.
 */
export type Breaker = Readonly<{
  name: string;
  /** Runs `attempt` as one call. Refused: AppError `circuit_open` (unavailable, `retryAfterSeconds`), `attempt` is not run. */
  execute<T>(attempt: () => Promise<T>): Promise<T>;
  /** The same for a call that is no promise (a streaming proxy); throws `circuit_open`. End every permit. */
  admit(): Permit;
  report(): BreakerReport;
  /** Holds it open or closed, counting nothing, until `auto`, which starts it closed with an empty window. */
  force(mode: 'open' | 'closed' | 'auto'): void;
  /** Something else knows that the target is down (no instance is left): opens now. */
  trip(cause: string): void;
  /** Something else saw the target healthy (registry, probe): open becomes half-open now. */
  recover(): void;
  /** It is not needed any more: calls pass uncounted from now on. */
  close(): void;
}>;

export type BreakerOptions = Readonly<{
  name: string;
  windowMs?: number;
  failurePercent?: number;
  minimumCalls?: number;
  consecutiveFailures?: number;
  openForMs?: number;
  /** Which errors say that the target is unwell; `isServiceFailure` if not given. The others are no samples. */
  isFailure?: (error: unknown) => boolean;
  clock: Clock;
  random?: () => number;
  /** Called at each change of state and each `force`, within the call that made it; must not throw. */
  onChange?: (report: BreakerReport) => void;
}>;

/** A breaker for one target. opossum keeps the window and judges the rate; the other rules are ours (see `Breaker`). */
export const createBreaker = ({
  name,
  windowMs = 2000,
  failurePercent = 50,
  minimumCalls = 20,
  consecutiveFailures = 5,
  openForMs = 5000,
  isFailure = isServiceFailure,
  clock,
  random = Math.random,
  onChange = () => {},
}: BreakerOptions): Breaker => {
  const circuit = createCircuit({ name, windowMs, failurePercent, minimumCalls });
  const recovery = createRecovery({ openForMs, clock, random });
  const sliceMs = windowMs / windowSlices;
  let sliceStartedAt = clock.monotonic();
  let failuresInARow = 0;
  let forced: 'open' | 'closed' | undefined;
  let closed = false;
  /** Grows with each change of state; a permit of an older era is no sample any more. */
  let era = 0;

  const report = (): BreakerReport => {
    turnWindow();
    if (forced !== undefined) {
      const until = forced === 'open' ? { retryAfterSeconds: Math.ceil(openForMs / 1000) } : {};
      return { name, state: forced, forced, ...circuit.counts(), ...until };
    }
    return { name, state: recovery.state(), forced, ...circuit.counts(), ...recovery.report() };
  };

  const turnWindow = (): void => {
    const passed = Math.floor((clock.monotonic() - sliceStartedAt) / sliceMs);
    if (passed === 0) return;
    sliceStartedAt += passed * sliceMs;
    circuit.rotate(passed);
  };

  const changed = (): void => {
    era += 1;
    failuresInARow = 0;
    onChange(report());
  };

  const open = (cause: string): void => {
    circuit.open();
    recovery.open(cause);
    changed();
  };

  const startAnew = (): void => {
    circuit.reset();
    recovery.end();
    changed();
  };

  const onSuccess = (): void => {
    turnWindow();
    failuresInARow = 0;
    circuit.succeed();
  };

  const onFailure = (): void => {
    turnWindow();
    failuresInARow += 1;
    circuit.fail();
    if (!circuit.isClosed()) {
      const { failures, successes } = circuit.counts();
      open(`${failures} of ${failures + successes} calls failed within ${windowMs} ms`);
    } else if (failuresInARow >= consecutiveFailures) {
      open(`${failuresInARow} failures in a row`);
    }
  };

  const onProbeSuccess = (): void => {
    if (recovery.succeed() === 'recovered') startAnew();
  };

  const onProbeFailure = (): void => open(recovery.causeOfRelapse());

  const permit = (succeed: () => void, fail: () => void, release: () => void): Permit => {
    const bornIn = era;
    let ended = false;
    const end = (count: () => void): void => {
      if (ended) return;
      ended = true;
      if (bornIn === era) count();
    };
    return {
      succeed: () => end(succeed),
      fail: (error) => end(isFailure(error) ? fail : release),
      release: () => end(release),
    };
  };

  const refuse = (): never => {
    const { retryAfterSeconds = 1 } = report();
    throw resilienceError('circuit_open', { details: { breaker: name, retryAfterSeconds } });
  };

  const admit = (): Permit => {
    if (forced === 'open') refuse();
    if (forced === 'closed' || closed) return uncounted;
    if (circuit.isClosed()) return permit(onSuccess, onFailure, nothing);
    const answer = recovery.admit();
    if (answer === 'refused') refuse();
    if (answer === 'first-probe') changed();
    return permit(onProbeSuccess, onProbeFailure, recovery.release);
  };

  return {
    name,
    admit,
    report,
    execute: async (attempt) => {
      const { succeed, fail } = admit();
      const result = await attemptOr(fail, attempt);
      succeed();
      return result;
    },
    force: (mode) => {
      if (closed) return;
      forced = mode === 'auto' ? undefined : mode;
      startAnew();
    },
    trip: (cause) => {
      if (!closed && forced === undefined && recovery.state() !== 'open') open(cause);
    },
    recover: () => {
      if (closed || forced !== undefined || recovery.state() !== 'open') return;
      recovery.beginProbes();
      changed();
    },
    close: () => {
      if (closed) return;
      closed = true;
      forced = undefined;
      era += 1;
      recovery.end();
      circuit.shutdown();
    },
  };
};

const attemptOr = async <T>(fail: (error: unknown) => void, attempt: () => Promise<T>): Promise<T> => {
  try {
    return await attempt();
  } catch (error) {
    fail(error);
    throw error;
  }
};

const nothing = (): void => {};
const uncounted: Permit = { succeed: nothing, fail: nothing, release: nothing };
