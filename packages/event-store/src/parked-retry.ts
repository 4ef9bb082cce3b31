import { type AnyDb, type AnyTx, createTransact } from '@gatehouse/database';
import type { Clock } from '@gatehouse/resilience';
import type { Checkpoint } from './checkpoints.ts';
import type { RecordedEvent } from './event-store.ts';
import { isUnavailable } from './follower.ts';
import { type ParkedEvent, type ParkedEvents, type ParkedQuery, toErrorText } from './parked-events.ts';
import type { Position } from './position.ts';

/** What came of trying a parked event again, or would come of it. */
export type ParkedRetry = Readonly<{ id: string; dryRun: boolean; applied: boolean; error?: string }>;

/** The events that a projection could not apply, for a person; each is named by the event's id. */
export type ProjectionParked = Readonly<{
  /** Newest first. */
  list(query?: ParkedQuery): Promise<readonly ParkedEvent[]>;
  /** Applies it once more; it stays parked when that fails, or in a dry run. `projection_not_found` without it. */
  retry(id: string, options?: Readonly<{ dryRun?: boolean }>): Promise<ParkedRetry>;
  /** Gives it up: the read model goes without it, until a rebuild. */
  discard(id: string): Promise<void>;
}>;

type Deps = Readonly<{
  db: AnyDb;
  parked: ParkedEvents;
  live: Checkpoint;
  apply(events: readonly RecordedEvent[], tx: AnyTx, heldUpTo: Position): Promise<void>;
  clock: Clock;
}>;

/** Under the lock of the live checkpoint, so that no instance works on the read model at the same time. */
export const createParkedRetry = ({ db, parked, live, apply, clock }: Deps): ProjectionParked => {
  const transact = createTransact({ db, clock });
  return {
    list: parked.list,
    discard: (id) => parked.remove(db, id),
    async retry(id, { dryRun = false } = {}) {
      try {
        await transact(async (tx) => {
          const { heldUpTo } = await live.take(tx);
          const recorded = await parked.take(tx, id);
          await apply([recorded], tx, heldUpTo).catch((error: unknown) => {
            throw isUnavailable(error) ? error : new StillFails(error);
          });
          await parked.remove(tx, id);
          if (dryRun) throw new OnlyTried();
        });
        return { id, dryRun, applied: true };
      } catch (error) {
        if (error instanceof OnlyTried) return { id, dryRun, applied: true };
        if (!(error instanceof StillFails)) throw error;
        if (!dryRun) await parked.noteFailure(id, error.cause, clock.now());
        return { id, dryRun, applied: false, error: toErrorText(error.cause) };
      }
    },
  };
};

/** Rolls a dry run back. */
class OnlyTried extends Error {}

/** Carries what the event failed with out of the transaction. */
class StillFails extends Error {
  constructor(cause: unknown) {
    super('It failed again.', { cause });
  }
}
