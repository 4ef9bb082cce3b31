import type { Clock } from '@gatehouse/resilience';
import { messagingError } from '../messaging-errors.ts';
import type { PublishResult } from '../transport.ts';

/** One message on its way: `send` gives it to the channel, which later calls `onConfirm` once. */
export type Outgoing = Readonly<{
  id: string;
  bytes: number;
  send: (onConfirm: (error: unknown) => void) => void;
}>;

export type ConfirmWindowSettings = Readonly<{
  clock: Clock;
  /** Messages sent and not confirmed, at most; and their bytes, beyond which one goes alone. */
  limit: number;
  limitBytes: number;
  /** For a whole batch, waiting for room included. */
  timeoutMs: number;
  /** The broker still owes confirms that nobody waits for any more: the channel should not be used again. */
  onLate: () => void;
}>;

/**
 * The messages of one channel that are sent and not confirmed. Several at once, because a confirm takes a round trip and a
 * write to disk; not any number, because all of them are in memory.
 */
export type ConfirmWindow = Readonly<{
  /** Sends in order as there is room. One result for each, at the latest after `timeoutMs`. */
  publish(batch: readonly Outgoing[]): Promise<readonly PublishResult[]>;
  /** The message came back; its confirm, which still follows, only says that the broker is done with it. */
  returned(id: string, error: Error): void;
  /** The channel is gone: everything in it has failed, and what comes later too. */
  fail(error: Error): void;
  /** Sent or waiting. */
  size(): number;
}>;

type Entry = {
  readonly message: Outgoing;
  readonly settled: PromiseWithResolvers<PublishResult>;
  state: 'waiting' | 'sent' | 'settled';
  returned: Error | undefined;
};

const failed = (error: unknown): PublishResult => ({ status: 'failed', error });

export const createConfirmWindow = (settings: ConfirmWindowSettings): ConfirmWindow => {
  const { clock, limit, limitBytes, timeoutMs, onLate } = settings;
  let waiting: Entry[] = [];
  const sent = new Set<Entry>();
  let sentBytes = 0;
  let failure: Error | undefined;

  const hasRoomFor = ({ message }: Entry): boolean =>
    sent.size === 0 || (sent.size < limit && sentBytes + message.bytes <= limitBytes);

  const sendWhatFits = (): void => {
    for (let next = waiting[0]; next !== undefined && hasRoomFor(next); next = waiting[0]) {
      waiting.shift();
      send(next);
    }
  };

  const send = (entry: Entry): void => {
    entry.state = 'sent';
    sent.add(entry);
    sentBytes += entry.message.bytes;
    try {
      entry.message.send((error) => {
        const reason = entry.returned ?? error;
        settle(entry, reason ? failed(reason) : { status: 'stored' });
        sendWhatFits();
      });
    } catch (error) {
      settle(entry, failed(error));
    }
  };

  const settle = (entry: Entry, result: PublishResult): void => {
    if (entry.state === 'settled') return;
    if (sent.delete(entry)) sentBytes -= entry.message.bytes;
    entry.state = 'settled';
    entry.settled.resolve(result);
  };

  const giveUp = (entries: readonly Entry[]): void => {
    const isOwed = entries.some(({ state }) => state === 'sent');
    waiting = waiting.filter((entry) => !entries.includes(entry));
    for (const entry of entries) settle(entry, failed(messagingError('publish_timeout')));
    if (isOwed) onLate();
    sendWhatFits();
  };

  return {
    publish: async (batch) => {
      if (failure !== undefined) return batch.map(() => failed(failure));
      const entries = batch.map(
        (message): Entry => ({
          message,
          settled: Promise.withResolvers<PublishResult>(),
          state: 'waiting',
          returned: undefined,
        }),
      );
      waiting.push(...entries);
      const cancel = clock.schedule(timeoutMs, () => giveUp(entries));
      sendWhatFits();
      const results = await Promise.all(entries.map(({ settled }) => settled.promise));
      cancel();
      return results;
    },
    returned: (id, error) => {
      for (const entry of sent) if (entry.message.id === id) entry.returned = error;
    },
    fail: (error) => {
      failure ??= error;
      const entries = [...sent, ...waiting];
      waiting = [];
      for (const entry of entries) settle(entry, failed(error));
    },
    size: () => sent.size + waiting.length,
  };
};
