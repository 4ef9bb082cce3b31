import type { BreakerReport } from './breaker-report.ts';
import { createCircuit, windowSlices } from './circuit.ts';
import type { Clock } from './clock.ts';
import { isServiceFailure } from './is-service-failure.ts';
import { type CallEnd, createPermit, type Permit, type PermitBook, uncounted } from './permit.ts';
import { createRamp } from './ramp.ts';
import { createRecovery } from './recovery.ts';
import { resilienceError } from './resilience-error.ts';

/**
 * Stops calling what does not answer.
 *
 * - closed: calls pass. Opens when at least `failurePercent` of at least `minimumCalls` that ended in the last `windowMs`
 *   failed, or on `consecutiveFailures` in a row whatever the volume, or by `trip`.
 * - open: calls are refused for `openForMs` ± 20%, or until `recover`.
 * - half-open: 3 calls pass as probes. 3 good ones close it with an empty window, a failed one opens it again. Probes
 *   that say nothing for `openForMs` are given up and 3 others are let through.
 * - closed, on the ramp: for `rampMs` after good probes only a growing share of the calls passes (`ramp.ts`), the others
 *   are refused. They are samples like any other, so it opens again by the same rules.
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
  /** 0: everything passes as soon as it is closed. */
  rampMs?: number;
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
  rampMs = 1500,
  isFailure = isServiceFailure,
  clock,
  random = Math.random,
  onChange = () => {},
}: BreakerOptions): Breaker => {
  const circuit = createCircuit({ name, windowMs, failurePercent, minimumCalls });
  const recovery = createRecovery({ openForMs, clock, random });
  const ramp = createRamp({ rampMs, clock });
  const sliceMs = windowMs / windowSlices;
  let sliceStartedAt = clock.monotonic();
  let failuresInARow = 0;
  let forced: 'open' | 'closed' | undefined;
  let closed = false;
  /** Grows with each change of state; a permit of an older era is no sample any more. */
  let era = 0;

  const report = (): BreakerReport => {
    turnWindow();
    const lastOpenings = recovery.lastOpenings();
    if (forced !== undefined) {
      const until = forced === 'open' ? { retryAfterSeconds: Math.ceil(openForMs / 1000) } : {};
      return { name, state: forced, forced, ...circuit.counts(), ...until, lastOpenings };
    }
    const rampPercent = ramp.percent();
    const ramping = rampPercent < 100 ? { rampPercent } : {};
    return {
      name,
      state: recovery.state(),
      forced,
      ...circuit.counts(),
      ...ramping,
      ...recovery.report(),
      lastOpenings,
    };
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
    ramp.end();
    recovery.open(cause);
    changed();
  };

  const startAnew = (setRamp: () => void): void => {
    circuit.reset();
    setRamp();
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
    if (recovery.succeed() === 'recovered') startAnew(ramp.begin);
  };

  const onProbeEnd = (end: CallEnd): void => {
    if (end === 'succeeded') onProbeSuccess();
    else if (end === 'failed') open(recovery.causeOfRelapse());
    else recovery.release();
  };

  const onCallEnd = (end: CallEnd): void => {
    ramp.leave();
    if (end === 'succeeded') onSuccess();
    else if (end === 'failed') onFailure();
  };

  const book: PermitBook = {
    isFailure,
    ended: (bornIn, end) => {
      if (bornIn !== era) return;
      if (recovery.state() === 'half-open') onProbeEnd(end);
      else onCallEnd(end);
    },
  };

  const refuse = (): never => {
    const retryAfterSeconds = forced === 'open' ? Math.ceil(openForMs / 1000) : recovery.retryAfterSeconds();
    throw resilienceError('circuit_open', { details: { breaker: name, retryAfterSeconds } });
  };

  const admit = (): Permit => {
    if (forced === 'open') refuse();
    if (forced === 'closed' || closed) return uncounted;
    if (circuit.isClosed()) {
      if (!ramp.admit()) refuse();
    } else {
      const answer = recovery.admit();
      if (answer === 'refused') refuse();
      if (answer === 'first-probe') changed();
    }
    return createPermit(book, era);
  };

  return {
    name,
    admit,
    report,
    execute: async (attempt) => {
      const permit = admit();
      try {
        const result = await attempt();
        permit.succeed();
        return result;
      } catch (error) {
        permit.fail(error);
        throw error;
      }
    },
    force: (mode) => {
      if (closed) return;
      forced = mode === 'auto' ? undefined : mode;
      startAnew(ramp.end);
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
      ramp.end();
      recovery.end();
      circuit.shutdown();
    },
  };
};
