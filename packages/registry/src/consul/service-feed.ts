import { type Clock, wait } from '@gatehouse/resilience';
import type { Instance } from '../registry.ts';
import type { RegistryLogger } from '../registry-logger.ts';
import type { ConsulApi, HealthQuestion } from './consul-api.ts';
import type { DiskCopy } from './disk-copy.ts';
import { toHealthEntries, toInstance } from './health-entries.ts';
import { createKnownInstances } from './known-instances.ts';
import { backoffMs, createLoopPace } from './loop-pace.ts';
import { nextIndex } from './query-index.ts';

export type ServiceFeedOptions = Readonly<{
  service: string;
  api: ConsulApi;
  disk: DiskCopy | undefined;
  clock: Clock;
  random: () => number;
  /** How long a question may wait for a change. */
  waitMs: number;
  includeWarning: boolean;
  logger: RegistryLogger;
  /** After the first answer, and whenever the list is another one. */
  onChange: (healthy: readonly Instance[]) => void;
}>;

/** The healthy instances of one service, for all who watch it in this process. */
export type ServiceFeed = Readonly<{
  instances(): readonly Instance[];
  updatedAt(): number | undefined;
  /** Ends the question that is under way. */
  close(): void;
}>;

/**
 * Asks Consul in a loop of blocking queries: `following` as long as it answers; `failing` from the first failure on, with
 * back-off, the last known list (at the start of the process: the one on disk) and its age; back at the next answer.
 */
export const createServiceFeed = (o: ServiceFeedOptions): ServiceFeed => {
  const { service, api, disk, clock, logger } = o;
  const closed = new AbortController();
  const pace = createLoopPace(clock);
  const known = createKnownInstances(clock);
  let index = 0n;
  let failures = 0;
  let updatedAt: number | undefined;
  let answered = false;
  let refusedBefore = '';

  const question = (): HealthQuestion => {
    const { signal } = closed;
    if (index === 0n) return { signal };
    // Somebody who is kept in doubt must go in time, also when nothing changes.
    const waitMs = Math.ceil(Math.min(o.waitMs, known.keptForMs() ?? o.waitMs));
    return { signal, block: { index, waitMs } };
  };

  const ask = async (): Promise<void> => {
    const answer = await api.health(service, question());
    if (closed.signal.aborted) return;
    const { reports, refused } = toHealthEntries(answer.entries);
    const next = nextIndex(index, answer.index);
    if (next.wentBack) known.doubt();
    index = next.index;
    noteAnswer(refused);
    const healthy = reports
      .filter(({ health }) => health === 'passing' || (o.includeWarning && health === 'warning'))
      .map(toInstance);
    adopt(healthy, clock.now());
    disk?.keep(service, { instances: known.list(), updatedAt: clock.now() });
  };

  const adopt = (healthy: readonly Instance[], at: number): void => {
    const changed = known.take(healthy);
    updatedAt = at;
    if (changed || !answered) o.onChange(known.list());
    answered = true;
  };

  const noteAnswer = (refused: readonly string[]): void => {
    if (failures > 0) logger.info({ service, failures }, 'the registry answers again');
    failures = 0;
    if (refused.length > 0 && refused.join() !== refusedBefore)
      logger.warn({ service, refused }, 'instances without an IP address are not dialled');
    refusedBefore = refused.join();
  };

  const noteFailure = async (err: unknown): Promise<void> => {
    failures += 1;
    // What it counts from may be gone when it is back.
    index = 0n;
    if (failures === 1)
      logger.warn({ err, service, updatedAt }, 'no answer from the registry: last known list');
    const copy = answered ? undefined : await disk?.find(service);
    if (copy !== undefined && !closed.signal.aborted) adopt(copy.instances, copy.updatedAt);
    known.doubt();
    await wait(clock, backoffMs(failures, o.random), closed.signal);
  };

  const run = async (): Promise<void> => {
    const { signal } = closed;
    while (!signal.aborted) {
      try {
        await pace.next(signal);
        await ask();
      } catch (error) {
        if (signal.aborted) return;
        await noteFailure(error).catch(() => {}); // only closing ends its wait early
      }
    }
  };

  void run();

  return {
    instances: known.list,
    updatedAt: () => updatedAt,
    close: () => closed.abort(),
  };
};
