import type { acquireSessionLock, SessionLock } from '@gatehouse/database';
import type { Clock } from '@gatehouse/resilience';
import { createLoop } from '../loop.ts';
import type { MessagingLogger } from '../messaging-logger.ts';
import type { Transport } from '../transport.ts';
import type { OutboxLog } from './outbox-log.ts';
import type { Partition } from './partition.ts';
import { relayBatchSize, runRelayPass } from './relay-pass.ts';

export type RelayRole = 'active' | 'standby' | 'stopped';

export type RelayDeps = Readonly<{
  service: string;
  partition: Partition;
  url: string;
  log: OutboxLog;
  transport: Transport;
  clock: Clock;
  pollMs: number;
  logger: MessagingLogger;
  acquireLock: typeof acquireSessionLock;
  /** Runs while this instance is the active one; the result ends it. */
  whileActive: () => () => Promise<void>;
}>;

export type Relay = Readonly<{
  start(): void;
  stop(): Promise<void>;
  /** Something was written. Only the active instance can act on it. */
  wake(): void;
  role(): RelayRole;
}>;

/** How often a standby instance tries to become the active one: each try is a connection. */
const standbyMs = 2_000;

/**
 * Finds whatever is unsent in its partition, whoever wrote it, and sends it. One instance of a service is active in it, by a
 * session advisory lock on a connection of its own (heartbeat every 5 s); the others stand by.
 *
 * stopped → (start) → standby → (lock taken) → active → (lock lost) → standby; any → (stop) → stopped. Two may be active for a
 * moment when the network is silent: then an event is sent twice, which the inbox recognises.
 */
export const createRelay = (deps: RelayDeps): Relay => {
  const { service, partition, url, log, transport, clock, logger } = deps;
  const name = `${partition.index + 1}/${partition.of}`;
  let role: RelayRole = 'stopped';
  let lock: SessionLock | undefined;
  let endActive = async (): Promise<void> => {};

  const becomeActive = async (): Promise<boolean> => {
    let isLost = false;
    const taken = await deps.acquireLock({
      url,
      key: `messaging relay ${service} ${name}`,
      clock,
      onLost: () => {
        isLost = true;
        logger.warn({ service, partition: name }, 'relay lost its lock');
        if (role === 'active') role = 'standby';
      },
    });
    if (taken === undefined || isLost) return false;
    if (role === 'stopped') {
      await taken.release();
      return false;
    }
    lock = taken;
    role = 'active';
    endActive = deps.whileActive();
    // What held events back may be over: a start tries them all at once.
    await log.releaseHeld();
    logger.info({ service, partition: name }, 'relay active');
    return true;
  };

  const stepDown = async (): Promise<void> => {
    const held = lock;
    const end = endActive;
    lock = undefined;
    endActive = async () => {};
    await end();
    await held?.release();
  };

  const loop = createLoop({
    clock,
    intervalMs: () => (role === 'active' ? deps.pollMs : standbyMs),
    onError: (error, errorsInRow) => {
      if (errorsInRow % 60 === 1)
        logger.warn({ service, partition: name, err: error, errorsInRow }, 'relay waits');
    },
    task: async () => {
      if (role !== 'active') {
        await stepDown();
        if (!(await becomeActive())) return undefined;
      }
      const read = await runRelayPass({
        log,
        transport,
        clock,
        mayGoOn: () => role === 'active',
        onHeld: ({ event }, error) =>
          logger.warn({ service, eventId: event.id, err: error }, 'event held back'),
      });
      return read === relayBatchSize ? 'again' : undefined;
    },
  });

  return {
    start: () => {
      if (role !== 'stopped') return;
      role = 'standby';
      loop.start();
    },
    stop: async () => {
      role = 'stopped';
      await loop.stop();
      await stepDown();
    },
    wake: () => {
      if (role === 'active') loop.wake();
    },
    role: () => role,
  };
};
