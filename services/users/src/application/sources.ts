import type { Clock } from '@gatehouse/resilience';

export type Ids = Readonly<{ next(): string }>;

/** The time as it is kept and shown. */
export const isoOf = (clock: Clock): string => new Date(clock.now()).toISOString();

export const isoAfter = (clock: Clock, afterMs: number): string =>
  new Date(clock.now() + afterMs).toISOString();
