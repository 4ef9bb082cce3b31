import type { AnyDb } from '@gatehouse/database';
import { createOutboxLog } from './outbox-log.ts';
import { partitions } from './partition.ts';
import { createRelay, type Relay, type RelayDeps, type RelayRole } from './relay.ts';

/** The relays of one instance. `active` as a role: in at least one partition. */
export type Relays = Relay &
  Readonly<{
    /** Whether some partition is another instance's, which has to be told of a commit. */
    needsOthers(): boolean;
    /** In how many this instance is the active one. */
    active(): number;
  }>;

export type RelaysDeps = Omit<RelayDeps, 'log' | 'partition' | 'whileActive'> &
  Readonly<{
    db: AnyDb;
    partitions: number;
    /** Runs while this instance is active in the given partition; the result ends it. */
    whileActive: (partition: number) => () => Promise<void>;
  }>;

/** One relay for each partition. Which instance has which is decided by the locks alone; one may have all of them. */
export const createRelays = ({ db, whileActive, ...deps }: RelaysDeps): Relays => {
  const relays = partitions(deps.partitions).map((partition) =>
    createRelay({
      ...deps,
      partition,
      log: createOutboxLog({ db, service: deps.service, partition }),
      whileActive: () => whileActive(partition.index),
    }),
  );
  const active = (): number => relays.filter((relay) => relay.role() === 'active').length;
  const role = (): RelayRole => {
    if (active() > 0) return 'active';
    return relays[0]?.role() ?? 'stopped';
  };

  return {
    start: () => {
      for (const relay of relays) relay.start();
    },
    stop: async () => {
      await Promise.all(relays.map((relay) => relay.stop()));
    },
    wake: () => {
      for (const relay of relays) relay.wake();
    },
    role,
    active,
    needsOthers: () => active() < relays.length,
  };
};
