import type { Projection } from '@gatehouse/event-store';
import type { Messaging } from '@gatehouse/messaging';
import { Gauge, type Registry } from 'prom-client';
import { addGauges } from './metrics.ts';

/** How far behind the service is: outbox, inbox, dead letters, and each projection. Gives back what reads them. */
export const addServiceGauges = (
  registry: Registry,
  { messaging, projections }: Readonly<{ messaging: Messaging; projections: readonly Projection[] }>,
): (() => Promise<void>) => {
  const readMessaging = addGauges(
    registry,
    {
      outbox_unsent: 'Events that are committed and not passed on yet.',
      outbox_oldest_seconds: 'Age of the oldest of them.',
      inbox_pending: 'Messages that are stored and not processed yet.',
      dead_letters: 'Messages that were given up.',
      catch_ups_unfinished: 'Exports of other services that are not taken over yet.',
    },
    async () => {
      const { outbox, inbox, deadLetters, catchUps } = await messaging.status();
      return {
        outbox_unsent: outbox.unsent,
        outbox_oldest_seconds: outbox.oldestSeconds,
        inbox_pending: inbox.pending,
        dead_letters: deadLetters,
        catch_ups_unfinished: catchUps.filter(({ finished }) => !finished).length,
      };
    },
  );
  const lag = new Gauge({
    name: 'projection_lag_events',
    help: 'Events that a projection has not applied yet, counted up to 10 000.',
    labelNames: ['projection'],
    registers: [registry],
  });
  const readLag = async (projection: Projection): Promise<void> => {
    const status = await projection.status().catch(() => undefined);
    if (status !== undefined) lag.set({ projection: projection.name }, status.lagEvents);
  };
  return async () => void (await Promise.all([readMessaging(), ...projections.map(readLag)]));
};
