import type { BreakerOpening, BreakerReport, BreakerState } from './breaker-report.ts';
import type { Clock } from './clock.ts';

/** The way back of a breaker: how long it stays open, and its counted probes. */
export type Recovery = Readonly<{
  state(): BreakerState;
  open(cause: string): void;
  /** Open becomes half-open, or the probes of a half-open one are given up for new ones. */
  beginProbes(): void;
  /** May a call pass? `first-probe` says that this one made it half-open, or began a new round. */
  admit(): 'first-probe' | 'probe' | 'refused';
  succeed(): 'probing' | 'recovered';
  release(): void;
  causeOfRelapse(): string;
  /** Back to closed. */
  end(): void;
  report(): Pick<BreakerReport, 'openedAt' | 'retryAfterSeconds' | 'cause'>;
  /** Whole seconds, at least 1. */
  retryAfterSeconds(): number;
  /** Newest first. */
  lastOpenings(): readonly BreakerOpening[];
}>;

const probes = 3;
const jitter = 0.2;
const keptOpenings = 5;

type Phase = Readonly<
  | { state: 'closed' }
  | { state: 'open'; openedAt: string; cause: string; until: number }
  | { state: 'half-open'; openedAt: string; cause: string; until: number; admitted: number; good: number }
>;

export type RecoveryOptions = Readonly<{ openForMs: number; clock: Clock; random: () => number }>;

export const createRecovery = ({ openForMs, clock, random }: RecoveryOptions): Recovery => {
  let phase: Phase = { state: 'closed' };
  let openings: readonly BreakerOpening[] = [];

  const retryAfterSeconds = (): number =>
    // Half-open: its probes are about to tell.
    phase.state === 'open' ? Math.max(1, Math.ceil((phase.until - clock.monotonic()) / 1000)) : 1;

  const beginProbes = (): void => {
    if (phase.state === 'closed') return;
    const { openedAt, cause } = phase;
    const until = clock.monotonic() + openForMs;
    phase = { state: 'half-open', openedAt, cause, until, admitted: 0, good: 0 };
  };

  const admitOne = (): void => {
    if (phase.state === 'half-open') phase = { ...phase, admitted: phase.admitted + 1 };
  };

  return {
    state: () => phase.state,
    open: (cause) => {
      const openedAt = new Date(clock.now()).toISOString();
      const until = clock.monotonic() + openForMs * (1 - jitter + 2 * jitter * random());
      phase = { state: 'open', openedAt, cause, until };
      openings = [{ openedAt, cause }, ...openings].slice(0, keptOpenings);
    },
    beginProbes,
    admit: () => {
      if (phase.state === 'half-open' && phase.admitted < probes) {
        admitOne();
        return 'probe';
      }
      if (phase.state === 'closed' || clock.monotonic() < phase.until) return 'refused';
      beginProbes();
      admitOne();
      return 'first-probe';
    },
    succeed: () => {
      if (phase.state !== 'half-open') return 'probing';
      phase = { ...phase, good: phase.good + 1 };
      return phase.good >= probes ? 'recovered' : 'probing';
    },
    release: () => {
      if (phase.state === 'half-open') phase = { ...phase, admitted: phase.admitted - 1 };
    },
    causeOfRelapse: () => {
      if (phase.state === 'closed') return relapse;
      return phase.cause.startsWith(relapse) ? phase.cause : `${relapse}; first ${phase.cause}`;
    },
    end: () => {
      phase = { state: 'closed' };
    },
    report: () =>
      phase.state === 'closed'
        ? {}
        : { openedAt: phase.openedAt, cause: phase.cause, retryAfterSeconds: retryAfterSeconds() },
    retryAfterSeconds,
    lastOpenings: () => openings,
  };
};

const relapse = 'a probe failed';
