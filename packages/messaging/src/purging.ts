import type { AnyDb } from '@gatehouse/database';
import type { Clock } from '@gatehouse/resilience';
import { createLoop } from './loop.ts';
import type { MessagingLogger } from './messaging-logger.ts';
import { purge } from './purge.ts';

const everyMs = 60 * 60 * 1000;

/** Purges at once and then every hour, until its result is called. Run by the instance whose relay is active. */
export const createPurging = (deps: { db: AnyDb; clock: Clock; logger: MessagingLogger }) => ({
  start: (): (() => Promise<void>) => {
    let isOver = false;
    const loop = createLoop({
      clock: deps.clock,
      intervalMs: () => everyMs,
      onError: (error) => deps.logger.warn({ err: error }, 'purge failed'),
      task: async () => {
        const removed = await purge(deps.db, () => !isOver);
        if (removed > 0) deps.logger.info({ removed }, 'messages purged');
        return undefined;
      },
    });
    loop.start();
    return async () => {
      isOver = true;
      await loop.stop();
    };
  },
});
