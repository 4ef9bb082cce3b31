export type { CatchUp, CatchUpReport, ExportPage } from './catch-up/catch-up.ts';
export type {
  DeadLetter,
  DeadLetterQuery,
  DeadLetters,
  ReplayManyQuery,
  ReplayManyReport,
  ReplayReport,
} from './dead-letter/dead-letter.ts';
export { createInProcessTransport, type InProcessTransport } from './in-process/in-process-transport.ts';
export type { Deliveries, Delivery } from './inbox/deliveries.ts';
export type { ParkedKey, ParkedKeys } from './inbox/parked-keys.ts';
export type { RetryPolicy } from './inbox/retry-policy.ts';
export { currentContext, type MessageContext, runInContext } from './message-context.ts';
export { createMessaging, type Messaging, type MessagingDeps } from './messaging.ts';
export { messagingError } from './messaging-errors.ts';
export type { MessagingLogger } from './messaging-logger.ts';
export type { LongTransaction, MessagingStatus } from './messaging-status.ts';
export { messagingMigrations } from './migrations.ts';
export { type NewEvent, newEvent } from './new-event.ts';
export type { EventHistory, EventQuery, EventRecord } from './outbox/event-history.ts';
export type { Outbox } from './outbox/outbox.ts';
export type { RelayRole } from './outbox/relay.ts';
export { createRabbitMqTransport, type RabbitMqOptions } from './rabbitmq/rabbitmq-transport.ts';
export { createSubscription, type EventHandler, on, onMatching, type Subscription } from './subscription.ts';
export { matchesTopic } from './topic.ts';
export type { PublishResult, QueueConsumer, QueueSubscription, StoreBatch, Transport } from './transport.ts';
