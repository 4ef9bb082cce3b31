import { type Clock, wait } from '@gatehouse/resilience';

const firstDelayMs = 100;
const delayCapMs = 2000;
/** About a minute in all, when each read fails at once. */
const attempts = 32;

/**
 * Reads what a process cannot do without, trying again with growing waits. Rejects with the last error when about a
 * minute of tries was in vain, or with the signal's reason when it is aborted.
 */
export const readAtStart = async (
  read: () => Promise<void>,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await read();
      signal.throwIfAborted();
      return;
    } catch (error) {
      if (signal.aborted || attempt === attempts) throw error;
    }
    await wait(clock, Math.min(firstDelayMs * 2 ** (attempt - 1), delayCapMs), signal);
  }
};
