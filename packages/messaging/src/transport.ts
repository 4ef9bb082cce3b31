import type { EventEnvelope } from '@gatehouse/contracts';

/**
 * `stored`: every queue whose patterns match has it durably (no queue at all counts too). `failed`: at least one may not
 * have it; publish it again, receivers tell repeats by the id.
 */
export type PublishResult = Readonly<{ status: 'stored' } | { status: 'failed'; error: unknown }>;

/**
 * Keeps a batch (at most 100) durably, in its order, all or nothing. Throwing means: deliver it again later. A wire brings
 * what it brings: a message that is no event comes like the others, so that it is kept where a person sees it.
 */
export type StoreBatch = (batch: readonly EventEnvelope[]) => Promise<void>;

export type QueueSubscription = Readonly<{
  /** `<service>.<name>`. Consumers of one queue compete: each message goes to one of them. */
  queue: string;
  /** AMQP topic patterns over routing keys: `*` is one word, `#` any number of words, none too. */
  patterns: readonly string[];
  store: StoreBatch;
  /**
   * For hints and fan-out alone: a queue of this instance's own under that name, so every instance gets every event that
   * comes while it listens. Nothing is kept for later, nothing is delivered again, only events are passed on, and a store
   * that throws loses its batch. Default: one durable queue for all instances.
   */
  perInstance?: boolean;
}>;

export type QueueConsumer = Readonly<{
  /** Whether its queue has existed since `subscribe`: what is published from then on reaches it, sooner or later. */
  hasQueue(): boolean;
  /** Stops consuming. The queue stays: nothing that matches it is lost until somebody consumes it again. */
  close(): Promise<void>;
  /** Stops consuming and takes the queue away: from now on nobody keeps what it would have got. */
  remove(): Promise<void>;
}>;

/**
 * Carries events from a relay to inboxes, at least once and in the order of each publish. It keeps no business state and
 * buffers nothing that is not confirmed: the outbox is the memory. `transport.contract.ts` is what an adapter has to pass.
 */
export type Transport = Readonly<{
  /** For logs and status: `in-process`, `rabbitmq`. */
  name: string;
  /** One result for each message, in their order. Rejects only when the transport as a whole is away. */
  publish(batch: readonly EventEnvelope[]): Promise<readonly PublishResult[]>;
  /** Resolves once the queue takes messages: whatever is published afterwards reaches it. */
  subscribe(subscription: QueueSubscription): Promise<QueueConsumer>;
  /** Ends all consumers, waiting for the batches in hand. Publishing afterwards fails. */
  close(): Promise<void>;
}>;
