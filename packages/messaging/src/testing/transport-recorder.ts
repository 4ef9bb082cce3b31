import { setImmediate as nextTurn } from 'node:timers/promises';
import { type EventEnvelope, randomIds } from '@gatehouse/contracts';
import type { StoreBatch, Transport } from '../transport.ts';

/** A store that remembers what it got, and tells when. */
export type Recorder = Readonly<{
  store: StoreBatch;
  received(): readonly EventEnvelope[];
  batchSizes(): readonly number[];
  /** How often it refused. */
  failed(): number;
  untilReceived(id: string | undefined): Promise<void>;
  /** Resolves when it has a batch in hand. */
  untilAsked(): Promise<void>;
}>;

export const createRecorder = (
  behaviour: Readonly<{
    /** Refuses this many batches first. */
    failures?: number;
    /** Does something to each event after keeping a copy. */
    spoil?: (event: EventEnvelope) => void;
    /** Stores only once this has resolved. */
    until?: Promise<void>;
  }> = {},
): Recorder => {
  const received: EventEnvelope[] = [];
  const batchSizes: number[] = [];
  const waiting = new Map<string, PromiseWithResolvers<void>>();
  const asked = Promise.withResolvers<void>();
  let failed = 0;
  const arrivalOf = (id: string): PromiseWithResolvers<void> => {
    const known = waiting.get(id) ?? Promise.withResolvers<void>();
    waiting.set(id, known);
    return known;
  };
  return {
    store: async (batch) => {
      asked.resolve();
      await behaviour.until;
      if (failed < (behaviour.failures ?? 0)) {
        failed += 1;
        throw new RangeError('not stored');
      }
      batchSizes.push(batch.length);
      for (const event of batch) {
        received.push(structuredClone(event));
        behaviour.spoil?.(event);
        arrivalOf(event.id).resolve();
      }
    },
    received: () => received,
    batchSizes: () => batchSizes,
    failed: () => failed,
    untilReceived: (id) => arrivalOf(String(id)).promise,
    untilAsked: () => asked.promise,
  };
};

/** Does what a relay does: publishes what failed again, in its order. Ended by the test's time limit. */
export const publishUntilStored = async (
  transport: Transport,
  batch: readonly EventEnvelope[],
): Promise<void> => {
  let left = batch;
  while (left.length > 0) {
    const results = await transport.publish(left);
    left = left.filter((_, i) => results[i]?.status !== 'stored');
    await nextTurn();
  }
};

export const eventNamed = (aggregate: string, eventName: string, subject: string): EventEnvelope => {
  const id = randomIds.next();
  return {
    specversion: '1.0',
    id,
    source: 'gatehouse/test',
    type: `gatehouse.${aggregate}.${eventName}.v1`,
    subject,
    time: '2026-01-01T00:00:00.000Z',
    datacontenttype: 'application/json',
    data: { note: 'ünïcode ✓', amount: 1999, none: null },
    correlationid: id,
    aggregateversion: 1,
  };
};
