import type { Clock } from '@gatehouse/resilience';
import type { Connection } from './connection.ts';

/**
 * Connections that wait for a request. The one that was used last is used next, so that those that are too many grow old and
 * go. One timer serves all of them. Those that went by themselves are let lie until they are come across.
 */
export class FreeConnections {
  private readonly ready: Connection[] = [];
  /** Added since the last `settle`. */
  private readonly fresh: Connection[] = [];
  private sweepAtMs = Number.POSITIVE_INFINITY;
  private cancelSweep = (): void => {};
  private readonly clock: Pick<Clock, 'monotonic' | 'schedule'>;

  constructor(clock: Pick<Clock, 'monotonic' | 'schedule'>) {
    this.clock = clock;
  }

  get hasReady(): boolean {
    return this.ready.length > 0;
  }

  /** How many the next `settle` makes ready, at most. */
  get freshCount(): number {
    return this.fresh.length;
  }

  /** It can be taken after the next `settle`. */
  add(connection: Connection): void {
    this.fresh.push(connection);
  }

  settle(): void {
    const { fresh, ready } = this;
    let earliestMs = Number.POSITIVE_INFINITY;
    for (const connection of fresh) {
      if (connection.state !== 'free') continue;
      ready.push(connection);
      if (connection.freeUntilMs < earliestMs) earliestMs = connection.freeUntilMs;
    }
    fresh.length = 0;
    if (earliestMs < this.sweepAtMs) this.sweepBy(earliestMs);
  }

  /** None that has gone or grown too old, even if the timer comes late; undefined: there is none. */
  take(nowMs: number): Connection | undefined {
    const { ready } = this;
    for (let connection = ready.pop(); connection !== undefined; connection = ready.pop()) {
      if (connection.state !== 'free') continue;
      if (connection.freeUntilMs > nowMs) return connection;
      connection.close(undefined);
    }
    return undefined;
  }

  closeAll(): void {
    for (const connection of [...this.ready.splice(0), ...this.fresh.splice(0)]) {
      if (connection.state === 'free') connection.close(undefined);
    }
    this.cancelSweep();
    this.sweepAtMs = Number.POSITIVE_INFINITY;
  }

  private sweepBy(atMs: number): void {
    this.cancelSweep();
    this.sweepAtMs = atMs;
    this.cancelSweep = this.clock.schedule(Math.max(1, atMs - this.clock.monotonic()), this.sweep);
  }

  private readonly sweep = (): void => {
    const { ready } = this;
    this.sweepAtMs = Number.POSITIVE_INFINITY;
    const nowMs = this.clock.monotonic();
    let earliestMs = Number.POSITIVE_INFINITY;
    let kept = 0;
    for (const connection of ready) {
      if (connection.state !== 'free') continue;
      // A timer may come a little too early.
      if (connection.freeUntilMs - nowMs < 1) {
        connection.close(undefined);
        continue;
      }
      ready[kept] = connection;
      kept += 1;
      if (connection.freeUntilMs < earliestMs) earliestMs = connection.freeUntilMs;
    }
    ready.length = kept;
    if (kept > 0) this.sweepBy(earliestMs);
  };
}
