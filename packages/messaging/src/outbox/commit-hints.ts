import { type AnyDb, listen } from '@gatehouse/database';
import type { Clock } from '@gatehouse/resilience';
import { sql } from 'kysely';

/** Tells the active relay, in another process, that something was written. Only ever a hint: polling is the guarantee. */
export type CommitHints = Readonly<{
  /** At most one NOTIFY every 25 ms: it takes a lock over the whole server at commit. */
  notify(): void;
  listen(onHint: () => void): () => Promise<void>;
}>;

const channel = 'gatehouse_outbox';
const debounceMs = 25;

export const createCommitHints = (deps: { db: AnyDb; url: string; clock: Clock }): CommitHints => {
  const { db, url, clock } = deps;
  let isPlanned = false;
  return {
    notify: () => {
      if (isPlanned) return;
      isPlanned = true;
      clock.schedule(debounceMs, () => {
        isPlanned = false;
        // A lost hint costs one poll.
        sql`select pg_notify(${channel}, '')`.execute(db).catch(() => {});
      });
    },
    listen: (onHint) => {
      const listening = listen({ url, channels: [channel], onNotification: onHint, clock });
      return () => listening.close();
    },
  };
};
