import type { Clock } from './clock.ts';

/**
 * The way back to full load after a breaker has closed, so that a service which has just come back is not met by all
 * that waited for it. For `rampMs` a call passes if fewer than `rampFloor` are under way; of the others a share passes
 * that grows evenly from 10% to all. So at most `rampFloor` at once and that share of what is asked get through, and a
 * service that is seldom asked notices nothing.
 *
 * Source: Envoy's slow start (`min_weight_percent` 10, aggression 1, so linear); Traefik's breaker recovers linearly too.
 * The share is counted out, not drawn, so that the bound holds for few calls as well.
 */
export type Ramp = Readonly<{
  begin(): void;
  /** Whether this call may pass; counts it in if so. Off the ramp everything may. */
  admit(): boolean;
  /** A call that was let pass since `begin` has ended. */
  leave(): void;
  end(): void;
  /** How much of what is asked passes, in whole percents from 10; 100 when it is over. */
  percent(): number;
}>;

/** As many as there are probes. */
const rampFloor = 3;
const smallestPercent = 10;

export const createRamp = ({ rampMs, clock }: Readonly<{ rampMs: number; clock: Clock }>): Ramp => {
  let startedAtMs: number | undefined;
  let inFlight = 0;
  /** What the calls so far have earned together; a hundred lets a call pass. */
  let credit = 0;

  const percent = (): number => {
    if (startedAtMs === undefined) return 100;
    const climbed = Math.floor(((clock.monotonic() - startedAtMs) * 100) / rampMs);
    if (climbed >= 100) startedAtMs = undefined;
    return Math.min(100, Math.max(smallestPercent, climbed));
  };

  const earn = (): boolean => {
    credit += percent();
    if (credit < 100) return false;
    credit -= 100;
    return true;
  };

  return {
    begin: () => {
      startedAtMs = rampMs > 0 ? clock.monotonic() : undefined;
      inFlight = 0;
      credit = 0;
    },
    admit: () => {
      if (startedAtMs === undefined) return true;
      const admitted = inFlight < rampFloor || earn();
      if (admitted) inFlight += 1;
      return admitted;
    },
    leave: () => {
      inFlight -= 1;
    },
    end: () => {
      startedAtMs = undefined;
    },
    percent,
  };
};
