import type { Clock } from '@gatehouse/resilience';
import { toDatabaseError } from './database-errors.ts';
import { type DedicatedConnection, openDedicatedConnection } from './dedicated-connection.ts';

export type SessionLock = Readonly<{ release(): Promise<void> }>;

export type SessionLockOptions = Readonly<{
  url: string;
  /** What is locked, within one database: `'posts outbox relay'`. */
  key: string;
  clock: Clock;
  /** Once, when the connection is gone and with it the lock. Never after `release`. */
  onLost: () => void;
}>;

/**
 * Takes an advisory lock for as long as a connection of its own lives; undefined when somebody else has it. It makes one
 * of several the active one. It does not fence: between the loss and `onLost` (10 s at most, when the network is silent)
 * another may hold it already, so what is done under it must bear being done twice.
 */
export const acquireSessionLock = async (options: SessionLockOptions): Promise<SessionLock | undefined> => {
  const { url, key, clock } = options;
  let held = false;
  let connection: DedicatedConnection | undefined;
  try {
    connection = await openDedicatedConnection({
      url,
      applicationName: `gatehouse lock: ${key}`.slice(0, 63),
      clock,
      onLost: () => {
        if (held) options.onLost();
      },
    });
    const { rows } = await connection.client.query<{ locked: boolean }>(
      'select pg_try_advisory_lock(hashtextextended($1, 0)) as locked',
      [key],
    );
    held = rows[0]?.locked === true;
  } catch (error) {
    await connection?.close().catch(() => {});
    throw toDatabaseError(error);
  }
  const { close } = connection;
  if (!held) {
    await close();
    return undefined;
  }
  return {
    async release() {
      held = false;
      // Ending the session gives the lock back, also when an unlock could not be sent any more.
      await close();
    },
  };
};
