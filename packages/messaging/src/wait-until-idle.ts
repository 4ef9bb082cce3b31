import { setTimeout as delay } from 'node:timers/promises';
import type { AnyDb } from '@gatehouse/database';
import type { CatchUps } from './catch-up/catch-ups.ts';
import type { LaneStore, Lanes } from './inbox/lanes.ts';
import { messagingError } from './messaging-errors.ts';
import { isAnythingUnsent } from './messaging-status.ts';
import type { Relay } from './outbox/relay.ts';

type IdleDeps = Readonly<{
  db: AnyDb;
  relay: Relay;
  lanes: Lanes;
  laneStore: LaneStore;
  catchUps: CatchUps;
  consumers: () => readonly string[];
}>;

const timeoutMs = 30_000;
const betweenLooksMs = 5;

/** Looks at the real time, not at the injected clock: a test whose clock stands still waits for the database all the same. */
export const waitUntilIdle = async (deps: IdleDeps): Promise<void> => {
  const endMs = performance.now() + timeoutMs;
  while (await isMoving(deps)) {
    if (performance.now() > endMs) throw messagingError('not_idle');
    deps.relay.wake();
    deps.lanes.wake();
    await delay(betweenLooksMs);
  }
};

const isMoving = async (deps: IdleDeps): Promise<boolean> => {
  const { db, relay, lanes, laneStore, catchUps, consumers } = deps;
  if (catchUps.isBusy()) return true;
  // The outbox first: what is sent from it after this look is in an inbox, which is looked at next.
  if (relay.role() !== 'stopped' && (await isAnythingUnsent(db))) return true;
  if (lanes.isBusy() || (await laneStore.findReady(consumers(), 1)).length > 0) return true;
  return relay.role() !== 'stopped' && (await isAnythingUnsent(db));
};
