import { once } from 'node:events';
import { isAppError } from '@gatehouse/errors';
import { systemClock, wait } from '@gatehouse/resilience';

export type UntilSignal = Readonly<{
  /** May end early by rejecting once `stopping` is aborted; what it started by then is its own to stop. */
  start: (stopping: AbortSignal) => Promise<Readonly<{ stop(): Promise<void> }>>;
  /** All of the stop may take this long. */
  stopLimitMs: number;
  onStopping?: () => void;
}>;

/**
 * Starts, waits for SIGINT (Ctrl-C) or SIGTERM, stops. Answers the exit code: 0 after an orderly end, 1 when stopping took
 * too long, 130 when a second signal insisted. A signal that comes during the start ends that too. Rejects with what
 * `start` rejects with.
 */
export const runUntilSignal = async ({ start, stopLimitMs, onStopping }: UntilSignal): Promise<number> => {
  const signals = listenForSignals();
  const stopping = new AbortController();
  // Timers of ours hold no process: while everything waits (a broker that is away) nothing else may be open.
  const alive = setInterval(() => {}, 2 ** 30);
  try {
    const starting = start(stopping.signal);
    await Promise.race([starting, signals.first]);
    await signals.first;
    stopping.abort();
    onStopping?.();
    const stopped = starting.then(
      (running) => running.stop(),
      () => {}, // it was told to end
    );
    return await Promise.race([
      stopped.then(() => 0),
      signals.second.then(() => 130),
      wait(systemClock, stopLimitMs).then(() => 1),
    ]);
  } finally {
    clearInterval(alive);
    signals.close();
  }
};

/** The first SIGINT or SIGTERM asks for an end, the second insists. */
const listenForSignals = () => {
  const ended = new AbortController();
  const next = () =>
    Promise.race(
      (['SIGINT', 'SIGTERM'] as const).map((signal) => once(process, signal, { signal: ended.signal })),
    ).catch(() => undefined);
  const first = next();
  return { first, second: first.then(next), close: () => ended.abort() };
};

/** Why a process could not start, for a person: a stack only where the fault is ours. */
export const explainFailure = (error: unknown): string => {
  if (isAppError(error)) return error.message;
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC') return 'The disk is full: free some space and start again; nothing is lost.';
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
};
