import { isAppError } from '@gatehouse/errors';

/** A message in the hands of this consumer. Both answers are nothing once its channel is gone: it comes again then. */
export type Delivery = Readonly<{
  message: unknown;
  /** It is stored: the broker may forget it. */
  ack(): void;
  /** It can never be stored: the broker puts it where a person sees it. */
  park(): void;
}>;

export type StoredDeliveries = Readonly<{
  stored: readonly Delivery[];
  parked: readonly Delivery[];
  /** Why the others are not stored; they stay in hand. */
  error: unknown;
}>;

type Store = (messages: readonly unknown[]) => Promise<void>;

const nothing: readonly Delivery[] = [];

/** Stores a batch in one go, or none of it. */
export const storeTogether = async (batch: readonly Delivery[], store: Store): Promise<StoredDeliveries> => {
  try {
    await store(batch.map(({ message }) => message));
    return { stored: batch, parked: nothing, error: undefined };
  } catch (error) {
    return { stored: nothing, parked: nothing, error };
  }
};

/**
 * Stores a batch one by one, to find the message that makes it fail. A message is at fault only if others can be stored
 * before and after it has failed; when nothing can be stored, nothing is known. What follows a failed message in its
 * subject waits with it.
 */
export const storeOneByOne = async (batch: readonly Delivery[], store: Store): Promise<StoredDeliveries> => {
  const stored: Delivery[] = [];
  const parked: Delivery[] = [];
  const suspects: Delivery[] = [];
  const waitingSubjects = new Set<unknown>();
  let firstError: unknown;

  const isStored = async (delivery: Delivery): Promise<boolean> => {
    try {
      await store([delivery.message]);
      stored.push(delivery);
      return true;
    } catch (error) {
      if (isAway(error)) throw error;
      firstError ??= error;
      return false;
    }
  };

  try {
    for (const delivery of batch) {
      const subject = subjectOf(delivery.message);
      if (waitingSubjects.has(subject) || (await isStored(delivery))) continue;
      suspects.push(delivery);
      waitingSubjects.add(subject);
    }
    if (stored.length > 0)
      for (const suspect of suspects) if (!(await isStored(suspect))) parked.push(suspect);
  } catch (error) {
    return { stored, parked, error };
  }
  const isComplete = stored.length + parked.length === batch.length;
  return { stored, parked, error: isComplete ? undefined : firstError };
};

/** Not the message's fault. */
const isAway = (error: unknown): boolean =>
  isAppError(error) && (error.kind === 'unavailable' || error.kind === 'timeout');

const subjectOf = (message: unknown): unknown =>
  typeof message === 'object' && message !== null && 'subject' in message ? message.subject : message;
