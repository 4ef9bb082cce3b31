import type { Ids } from '@gatehouse/contracts';
import { acquireSessionLock, createTransact, type Database, type Transact } from '@gatehouse/database';
import { type Clock, wait } from '@gatehouse/resilience';
import { createCatchUpStore } from './catch-up/catch-up-store.ts';
import { createCatchUps } from './catch-up/catch-ups.ts';
import type { DeadLetters } from './dead-letter/dead-letter.ts';
import { createDeadLetters } from './dead-letter/postgres-dead-letters.ts';
import { createConsumers } from './inbox/consumers.ts';
import { createDeliveries, type Deliveries } from './inbox/deliveries.ts';
import { createInboxLaneStore } from './inbox/inbox-lane-store.ts';
import { createIntake } from './inbox/intake.ts';
import { createLanes } from './inbox/lanes.ts';
import { createParkedKeys, type ParkedKeys } from './inbox/parked-keys.ts';
import { defaultRetryPolicy, type RetryPolicy } from './inbox/retry-policy.ts';
import { type MessagingLogger, silentLogger } from './messaging-logger.ts';
import { type MessagingStatus, readStatus } from './messaging-status.ts';
import { createCommitHints } from './outbox/commit-hints.ts';
import type { EventHistory } from './outbox/event-history.ts';
import { createOutbox, type Outbox } from './outbox/outbox.ts';
import { createEventHistory } from './outbox/postgres-event-history.ts';
import { createRelays } from './outbox/relays.ts';
import { createPurging } from './purging.ts';
import type { Subscription } from './subscription.ts';
import type { Transport } from './transport.ts';
import { waitUntilIdle } from './wait-until-idle.ts';

export type MessagingDeps = Readonly<{
  /** Name of the service: the source of its events. */
  service: string;
  /** Its own database, with `messagingMigrations` run. */
  database: Database;
  transport: Transport;
  clock: Clock;
  ids: Ids;
  logger?: MessagingLogger;
  /** Default: 5 quick tries, then after 10, 20 and 30 s; the eighth failure makes a dead letter. */
  retry?: RetryPolicy;
  /** Handlers at work at once, over all subscriptions of this instance; each holds a connection. Default 4. */
  workers?: number;
  /** How often outbox and inbox are looked through without a hint. Default 500. */
  pollMs?: number;
  /**
   * Into how many the outbox is divided by subject, each with one active relay among all instances. Default 2. Each costs a
   * connection.
   */
  partitions?: number;
  /** Whether instances wake relays that are active elsewhere by NOTIFY. Default: unless the transport is in-process. */
  notify?: boolean;
  /** How one of several instances becomes the active one. Default: a session advisory lock of the database. */
  acquireLock?: typeof acquireSessionLock;
}>;

/** A service's events: what it says (outbox, relay) and what it hears (inbox, retries, dead letters). */
export type Messaging = Readonly<{
  outbox: Outbox;
  /** Something was committed: look now. Cheap, any number of times; losing it costs at most one poll. */
  hint(): void;
  /**
   * Adds a consumer, also while running. The result undoes it: its queue is removed and processing stops once the message
   * in hand is done; rows stored already stay and go on if it is subscribed again.
   *
   * @throws AppError `consumer_taken` (internal) when the name is in use here
   */
  subscribe(subscription: Subscription): Promise<() => Promise<void>>;
  /** Subscribes the queues, then sends and processes. Catch-ups go on in the background. */
  start(): Promise<void>;
  /**
   * Takes nothing more, waits at most 5 s for what is in hand. What is not done is done after the next start; the queues
   * stay, so nothing is lost meanwhile.
   */
  stop(): Promise<void>;
  history: EventHistory;
  deadLetters: DeadLetters;
  parkedKeys: ParkedKeys;
  deliveries: Deliveries;
  status(): Promise<MessagingStatus>;
  /** For tests: resolves when nothing here can go on by itself now (waiting retries aside). Rejects after 30 s. */
  whenIdle(): Promise<void>;
}>;

const stopTimeoutMs = 5_000;

/** Wires outbox, relay, inbox and dead letters of one instance of a service. Nothing runs before `start`. */
export const createMessaging = (deps: MessagingDeps): Messaging => {
  const { service, database, transport, clock, ids, logger = silentLogger, pollMs = 500 } = deps;
  const { db, url } = database;
  const notify = deps.notify ?? transport.name !== 'in-process';
  const hint = (): void => {
    relay.wake();
    if (notify && relay.needsOthers()) hints.notify();
  };
  let appended = 0;
  const commit = createTransact({ db, clock });
  /** Most messages are answered with an effect alone: the relay is only asked to look when one was answered with an event. */
  const transact: Transact = async (work) => {
    const before = appended;
    const result = await commit(work);
    if (appended !== before) hint();
    return result;
  };

  const hints = createCommitHints({ db, url, clock });
  const purging = createPurging({ db, clock, logger });
  const listening = whileAny(() => (notify ? hints.listen(relay.wake) : async () => {}));
  const relay = createRelays({
    db,
    service,
    url,
    partitions: deps.partitions ?? 2,
    transport,
    clock,
    pollMs,
    logger,
    acquireLock: deps.acquireLock ?? acquireSessionLock,
    whileActive: (partition) => {
      const endPurging = partition === 0 ? purging.start() : async () => {};
      const endListening = listening();
      return async () => {
        await Promise.all([endPurging(), endListening()]);
      };
    },
  });

  const retry = deps.retry ?? defaultRetryPolicy;
  const findSubscription = (consumer: string): Subscription | undefined => consumers.find(consumer);
  const laneStore = createInboxLaneStore({ db, transact, ids, clock, retry, logger, findSubscription });
  const lanes = createLanes({
    store: laneStore,
    clock,
    workers: deps.workers ?? 4,
    pollMs,
    onError: (error, errorsInRow) => {
      if (errorsInRow % 60 === 1) logger.warn({ service, err: error, errorsInRow }, 'inbox waits');
    },
    onPause: (consumer, error) => logger.warn({ consumer, err: error }, 'consumer pauses'),
  });
  const intake = createIntake({ db, transact: commit, ids, onStored: lanes.wake });
  const catchUps = createCatchUps({ store: createCatchUpStore({ db, transact }), clock, logger });
  const consumers = createConsumers({ transport, lanes, intake, catchUps });

  return {
    outbox: createOutbox({ clock, ids, onAppend: () => void appended++ }),
    hint,
    subscribe: consumers.subscribe,
    start: async () => {
      await consumers.start();
      lanes.start();
      relay.start();
    },
    stop: async () => {
      const late = new AbortController();
      const stopped = Promise.all([relay.stop(), consumers.stop().then(lanes.stop)]);
      await Promise.race([stopped, wait(clock, stopTimeoutMs, late.signal).catch(() => {})]);
      late.abort();
    },
    history: createEventHistory({ db, service }),
    deadLetters: createDeadLetters({ db, transact, findSubscription, onReplayed: lanes.wake }),
    parkedKeys: createParkedKeys(db),
    deliveries: createDeliveries(db),
    status: async () => ({
      ...(await readStatus(db)),
      relay: relay.role(),
      catchUps: await catchUps.report(),
    }),
    whenIdle: () => waitUntilIdle({ db, relay, lanes, laneStore, catchUps, consumers: consumers.names }),
  };
};

/** One run of `begin` for all who want it at the same time: from the first who comes to the last who goes. */
const whileAny = (begin: () => () => Promise<void>): (() => () => Promise<void>) => {
  let users = 0;
  let end = async (): Promise<void> => {};
  return () => {
    if (++users === 1) end = begin();
    return async () => {
      if (--users === 0) await end();
    };
  };
};
