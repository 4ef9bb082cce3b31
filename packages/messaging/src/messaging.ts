import type { Ids } from '@gatehouse/contracts';
import type { AnyTx, Database } from '@gatehouse/database';
import type { Clock } from '@gatehouse/resilience';
import type { DeadLetters } from './dead-letter/dead-letter.ts';
import type { RetryPolicy } from './inbox/retry-policy.ts';
import type { NewEvent } from './new-event.ts';
import type { EventHistory } from './outbox/event-history.ts';
import type { Subscription } from './subscription.ts';
import type { Transport } from './transport.ts';

export type Outbox = Readonly<{
  /**
   * Writes events into the caller's transaction: they are sent if and only if it commits, in order of
   * `aggregateVersion` within an aggregate. Call `hint` after the commit to have them sent at once.
   *
   * @throws AppError `event_invalid` (internal) when data does not fit its contract; `event_too_large` (internal) over 1 MiB
   */
  append(tx: AnyTx, events: readonly NewEvent[]): Promise<void>;
}>;

/** The part of pino that is used here. */
export type MessagingLogger = Readonly<{
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}>;

export type RelayRole = 'active' | 'standby' | 'stopped';

export type MessagingStatus = Readonly<{
  outbox: { unsent: number; oldestSeconds: number };
  /** `pending`: stored and not done; `waiting` of them: failed, their time has not come; `parkedKeys`: lanes that wait behind one. */
  inbox: { pending: number; waiting: number; parkedKeys: number };
  deadLetters: number;
  relay: RelayRole;
}>;

export type MessagingDeps = Readonly<{
  /** Name of the service: source of its events. */
  service: string;
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
  /** Whether standby instances wake the active relay by NOTIFY. Default: unless the transport is in-process. */
  notify?: boolean;
}>;

/** A service's events: what it says (outbox, relay) and what it hears (inbox, retries, dead letters). */
export type Messaging = Readonly<{
  outbox: Outbox;
  /** Something was committed: look now. Cheap, any number of times; losing it costs at most one poll. */
  hint(): void;
  /**
   * Adds a consumer, also while running. The result undoes it: its queue is removed and processing stops once the message
   * in hand is done; rows stored already stay and go on if it is subscribed again.
   */
  subscribe(subscription: Subscription): Promise<() => Promise<void>>;
  start(): Promise<void>;
  /** Stops taking, waits at most 5 s for what is in hand. What is not done is done after the next start. */
  stop(): Promise<void>;
  history: EventHistory;
  deadLetters: DeadLetters;
  status(): Promise<MessagingStatus>;
  /** For tests: resolves when nothing can go on by itself now (waiting retries aside). Rejects after 30 s. */
  whenIdle(): Promise<void>;
}>;

export const createMessaging = (_deps: MessagingDeps): Messaging => {
  throw new TypeError('being built');
};
