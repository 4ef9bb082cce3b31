export type { DeadLetter, DeadLetterQuery, DeadLetters, ReplayReport } from './dead-letter/dead-letter.ts';
export { createInProcessTransport, type InProcessTransport } from './in-process/in-process-transport.ts';
export type { RetryPolicy } from './inbox/retry-policy.ts';
export { currentContext, type MessageContext, runInContext } from './message-context.ts';
export {
  createMessaging,
  type Messaging,
  type MessagingDeps,
  type MessagingLogger,
  type MessagingStatus,
  type Outbox,
  type RelayRole,
} from './messaging.ts';
export { messagingError } from './messaging-errors.ts';
export { messagingMigrations } from './migrations.ts';
export { type NewEvent, newEvent } from './new-event.ts';
export type { EventHistory, EventQuery, EventRecord } from './outbox/event-history.ts';
export { createSubscription, type EventHandler, on, onMatching, type Subscription } from './subscription.ts';
export { matchesTopic } from './topic.ts';
export type { PublishResult, QueueConsumer, QueueSubscription, StoreBatch, Transport } from './transport.ts';
