import type { Taking } from './limiter.ts';

/** `left` as `take` of a limiter gives it, and when the key has everything back. */
export type Counted = Readonly<{ left: number; wholeInMs: number }>;

/** `owedMs`: how long the key needs at least until it is whole, by what was counted elsewhere. */
export type Owing = Taking & Readonly<{ owedMs: number }>;

/** The store that all gateways count in. Everything may fail, and may take as long as the connection lasts. */
export type SharedCounters = Readonly<{
  /** Takes from one after the other, up to the first that refuses; gives what became of those. */
  take(takings: readonly Owing[]): Promise<readonly Counted[]>;
  clear(key: string): Promise<boolean>;
  /** Says that this gateway is there; gives how many there are. */
  announce(): Promise<number>;
  isReady(): boolean;
  close(): void;
}>;

export type CountersEvents = Readonly<{
  /** Connected, for the first time or again. */
  onReady(): void;
  /** The connection is gone, or could not be made; the next try comes by itself. */
  onLost(cause: string): void;
}>;
