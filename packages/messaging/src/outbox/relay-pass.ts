import type { Clock } from '@gatehouse/resilience';
import { messagingError } from '../messaging-errors.ts';
import type { PublishResult, Transport } from '../transport.ts';
import { within } from '../within.ts';
import type { OutboxLog, UnsentEvent } from './outbox-log.ts';

export type RelayPassDeps = Readonly<{
  log: OutboxLog;
  transport: Transport;
  clock: Clock;
  /** Asked before each publish: whether this instance may still send. */
  mayGoOn: () => boolean;
  onHeld: (event: UnsentEvent, error: unknown) => void;
}>;

export const relayBatchSize = 200;

/** A publish that is not confirmed by then is taken as failed, and what it carried is published again. */
const publishTimeoutMs = 10_000;

/**
 * Sends one batch of what is unsent; gives how many it read. A batch goes out in waves that hold at most one
 * event of each subject: a subject whose event failed stops there, every other one goes on. Marked after each wave, and only
 * what was stored: a crash between storing and marking sends it again, which the inbox recognises by its id.
 *
 * Rejects when the transport or the database is away; nothing is marked then.
 */
export const runRelayPass = async (deps: RelayPassDeps): Promise<number> => {
  const { log, mayGoOn, onHeld } = deps;
  const batch = await log.readUnsent(relayBatchSize);
  let left = batch;
  while (left.length > 0 && mayGoOn()) {
    const { wave, later } = nextWave(left);
    const results = await publishInTime(deps, wave);
    const failed = wave.flatMap((unsent, i) => {
      const result = results[i];
      return result?.status === 'stored' ? [] : [{ unsent, error: result?.error }];
    });
    const failedPositions = new Set(failed.map(({ unsent }) => unsent.position));
    await log.markSent(wave.map((u) => u.position).filter((position) => !failedPositions.has(position)));
    await log.hold(
      failed.map(({ unsent, error }) => ({ position: unsent.position, reason: reasonOf(error) })),
    );
    for (const { unsent, error } of failed) onHeld(unsent, error);
    const stopped = new Set(failed.map(({ unsent }) => unsent.event.subject));
    left = later.filter(({ event }) => !stopped.has(event.subject));
  }
  return batch.length;
};

/** The first event of each subject, and the others, both in their order. */
export const nextWave = (
  unsent: readonly UnsentEvent[],
): { wave: readonly UnsentEvent[]; later: readonly UnsentEvent[] } => {
  const subjects = new Set<string>();
  const wave: UnsentEvent[] = [];
  const later: UnsentEvent[] = [];
  for (const one of unsent) {
    (subjects.has(one.event.subject) ? later : wave).push(one);
    subjects.add(one.event.subject);
  }
  return { wave, later };
};

const publishInTime = (
  { transport, clock }: RelayPassDeps,
  wave: readonly UnsentEvent[],
): Promise<readonly PublishResult[]> =>
  within(transport.publish(wave.map(({ event }) => event)), {
    clock,
    timeoutMs: publishTimeoutMs,
    late: () => messagingError('publish_timeout'),
  });

const reasonOf = (error: unknown): string =>
  String(error instanceof Error ? error.message : error).slice(0, 500);
