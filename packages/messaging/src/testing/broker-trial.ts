import { setTimeout as pause } from 'node:timers/promises';
import { PostDeleted } from '@gatehouse/contracts';
import { systemClock } from '@gatehouse/resilience';
import { captureLogger } from '@gatehouse/testing';
import { sql } from 'kysely';
import { expect } from 'vitest';
import { createRabbitMqTransport } from '../rabbitmq/rabbitmq-transport.ts';
import { createSubscription, on } from '../subscription.ts';
import type { Transport } from '../transport.ts';
import { openTestService, postId } from './open-test-service.ts';

/** Subjects that are written to in turn. */
const subjects = 7;

/** A message of a log line. */
const messageOf = (line: unknown): string => String((line as { msg?: unknown }).msg);

/**
 * A service whose events go through RabbitMQ and come back to itself, and a ledger of what it said. Every event that was
 * committed has to have its effect exactly once, and each subject's in order, whatever happens to the broker.
 */
export const openBrokerTrial = async (url: string) => {
  const logger = captureLogger();
  const rabbitMq = await createRabbitMqTransport({
    url,
    clock: systemClock,
    logger,
    heartbeatSeconds: 1,
    confirmTimeoutMs: 2_000,
  });
  let published = 0;
  let failed = 0;
  let handedOver = 0;
  const transport: Transport = {
    ...rabbitMq,
    publish: async (batch) => {
      published += batch.length;
      try {
        const results = await rabbitMq.publish(batch);
        failed += results.filter(({ status }) => status === 'failed').length;
        return results;
      } catch (error) {
        failed += batch.length;
        throw error;
      }
    },
    subscribe: (subscription) =>
      rabbitMq.subscribe({
        ...subscription,
        store: (batch) => {
          handedOver += batch.length;
          return subscription.store(batch);
        },
      }),
  };
  const service = await openTestService('posts', { transport });
  // A queue of its own for each trial: the broker is shared.
  const queue = `posts.trial-${Date.now().toString(36)}-${Math.floor(performance.now())}`;
  await service.messaging.subscribe(
    createSubscription({
      consumer: queue,
      handlers: [
        on(PostDeleted, async (event, tx) => {
          await sql`insert into effects (event_id, label)
            values (${event.id}, ${`${event.subject} ${event.aggregateversion}`})`.execute(tx);
        }),
      ],
    }),
  );
  await service.messaging.start();

  let said = 0;
  const sayMore = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      const n = said;
      await service.say(postId((n % subjects) + 1), Math.floor(n / subjects) + 1);
      said += 1;
    }
  };

  const untilDone = (timeoutMs: number): Promise<void> =>
    expect
      .poll(async () => (await service.effects()).length, { timeout: timeoutMs, interval: 100 })
      .toBeGreaterThanOrEqual(said);

  return {
    service,
    queue,
    logger,
    sayMore,
    untilDone,
    /** Says one event after the other until `done` resolves. */
    sayWhile: async (done: Promise<unknown>): Promise<void> => {
      let isOver = false;
      const ending = done.finally(() => {
        isOver = true;
      });
      ending.catch(() => {});
      while (!isOver) {
        await sayMore(1);
        await pause(5);
      }
      await ending;
    },
    logged: (message: string): number => logger.lines.filter((line) => messageOf(line) === message).length,
    /** Waits, checks that nothing is lost, doubled or turned round, and prints what happened. */
    check: async (name: string, timeoutMs = 60_000) => {
      const began = performance.now();
      await untilDone(timeoutMs);
      const drainedMs = Math.round(performance.now() - began);
      const effects = await service.effects();
      const twice = effects.length - new Set(effects.map(({ eventId }) => eventId)).size;
      const expected = Array.from(
        { length: said },
        (_, n) => `${postId((n % subjects) + 1)} ${Math.floor(n / subjects) + 1}`,
      );
      const labels = new Set(effects.map(({ label }) => label));
      const lost = expected.filter((label) => !labels.has(label)).length;
      const connects = logger.lines.filter((line) => messageOf(line) === 'connected to RabbitMQ').length;
      const counts = {
        said,
        lost,
        twice,
        published,
        failed,
        handedOver,
        reconnects: connects - 2,
        drainedMs,
      };
      process.stdout.write(`${name}: ${JSON.stringify(counts)}\n`);
      expect(counts).toMatchObject({ lost: 0, twice: 0 });
      for (let subject = 1; subject <= subjects; subject++) {
        const of = (label: string): boolean => label.startsWith(`${postId(subject)} `);
        expect(effects.map(({ label }) => label).filter(of)).toEqual(expected.filter(of));
      }
      expect(await service.messaging.deadLetters.list()).toEqual([]);
      return counts;
    },
    close: async () => {
      await service.close();
      await rabbitMq.close();
    },
  };
};

export type BrokerTrial = Awaited<ReturnType<typeof openBrokerTrial>>;
