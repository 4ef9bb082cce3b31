import type { ChannelModel, ConfirmChannel, ConsumeMessage } from 'amqplib';
import { messagingError } from '../messaging-errors.ts';
import type { QueueSubscription } from '../transport.ts';
import { decodeMessage } from './message-codec.ts';
import type { Delivery } from './store-deliveries.ts';
import { assertDurableQueue, assertExchanges, assertOwnQueue, bindPatterns } from './topology.ts';

/** A channel that consumes the queue of a subscription, all of it declared. It ends once and is then replaced. */
export type Attachment = Readonly<{
  /** Declares everything again: somebody may have taken away an exchange, and with it the bindings. */
  declareAgain(): Promise<void>;
  /** What is not acknowledged comes again, in its order. */
  close(): Promise<void>;
}>;

export type AttachmentParts = Readonly<{
  model: ChannelModel;
  subscription: QueueSubscription;
  onDelivery: (delivery: Delivery) => void;
  /** The channel is gone, or the broker has cancelled the consumer; deliveries can no longer be answered. */
  onEnd: (reason: string) => void;
}>;

/** Two batches: one being stored, one on its way. */
const prefetch = 200;

/** `abandoned` aborts when nobody waits for it any more: a late success must not make a second consumer. */
export const attach = async (parts: AttachmentParts, abandoned: AbortSignal): Promise<Attachment> => {
  const { model, subscription, onDelivery, onEnd } = parts;
  const channel = await model.createConfirmChannel();
  let state: 'opening' | 'open' | 'over' = 'opening';

  const end = (reason: string): void => {
    const wasOpen = state === 'open';
    state = 'over';
    if (wasOpen) onEnd(reason);
  };
  channel.on('error', (error) => end(error.message));
  channel.on('close', () => end('channel closed'));

  const toDelivery = (message: ConsumeMessage): Delivery => {
    const answer = (act: () => void) => () => {
      if (state !== 'over') act();
    };
    return {
      message: decodeMessage(message),
      ack: answer(() => channel.ack(message)),
      park: answer(() => channel.nack(message, false, false)),
    };
  };

  try {
    await channel.prefetch(prefetch);
    const queue = await declare(channel, subscription);
    await channel.consume(queue, (message) => {
      if (message !== null) {
        if (state !== 'over') onDelivery(toDelivery(message));
        return;
      }
      end('cancelled by the broker');
      channel.close().catch(() => {});
    });
    // `end` may have come meanwhile, which the compiler cannot see.
    if ((state as string) === 'over' || abandoned.aborted) throw messagingError('transport_away');
    state = 'open';
    return {
      declareAgain: () => bindQueue(channel, subscription, queue),
      close: async () => {
        state = 'over';
        await channel.close().catch(() => {});
      },
    };
  } catch (error) {
    state = 'over';
    channel.close().catch(() => {});
    throw error;
  }
};

const declare = async (channel: ConfirmChannel, subscription: QueueSubscription): Promise<string> => {
  const queue = subscription.perInstance ? await assertOwnQueue(channel) : subscription.queue;
  await bindQueue(channel, subscription, queue);
  return queue;
};

const bindQueue = async (
  channel: ConfirmChannel,
  { patterns, perInstance = false }: QueueSubscription,
  queue: string,
): Promise<void> => {
  await assertExchanges(channel);
  if (!perInstance) await assertDurableQueue(channel, queue);
  await bindPatterns(channel, queue, patterns);
};
