import { once } from 'node:events';
import { type Clock, repeat } from '@gatehouse/resilience';
import type { Logger } from 'pino';
import type { Closing } from './closing.ts';
import type { OpenedService } from './open-service.ts';
import type { WiredService } from './wire-service.ts';

const PURGE_EVERY_MS = 10 * 60_000;

/**
 * Starts what runs beside the requests, each noted for closing before it starts: one that fails half-way may hold something.
 * Plugins come before the messaging, so that their queues are there when the first event goes out; the first tokens are
 * read last, which may have to wait for the users service.
 */
export const startBeside = async (
  { plugins, tokens, keys }: WiredService,
  { app, messaging }: OpenedService,
  { closing, clock, logger, stopping }: Beside,
): Promise<void> => {
  closing.add('messaging', messaging.stop);
  for (const subscription of app.subscriptions ?? []) await messaging.subscribe(subscription);
  if (plugins !== undefined) {
    closing.add('plugins', plugins.stop);
    await plugins.start();
  }
  await messaging.start();

  for (const projection of app.projections ?? []) {
    closing.add('projections', projection.stop);
    await projection.start();
  }
  for (const background of app.background ?? []) {
    closing.add('background', () => background.stop());
    await background.start();
  }
  const purging = repeat({
    clock,
    intervalMs: PURGE_EVERY_MS,
    task: async () => void (await keys.purge()),
    onError: (err) => logger.warn({ err }, 'old idempotency keys could not be purged'),
  });
  closing.add('background', purging.stop);

  closing.add('tokens', tokens.keys.stop);
  closing.add('tokens', tokens.revocations.stop);
  await Promise.race([
    Promise.all([tokens.keys.start(), tokens.revocations.start()]),
    untilAborted(stopping),
  ]);
};

type Beside = Readonly<{ closing: Closing; clock: Clock; logger: Logger; stopping: AbortSignal }>;

const untilAborted = async (signal: AbortSignal): Promise<void> => {
  if (!signal.aborted) await once(signal, 'abort');
};
