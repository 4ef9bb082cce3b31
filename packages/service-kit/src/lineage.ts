import type { AnyDb } from '@gatehouse/database';
import {
  comparePositions,
  findChanges,
  type Projection,
  type ProjectionStatus,
} from '@gatehouse/event-store';
import type { Messaging } from '@gatehouse/messaging';

type Deps = Readonly<{ db: AnyDb; messaging: Messaging; projections: readonly Projection[] }>;

/** Events of one correlation id that are looked at. */
const eventsLimit = 1_000;

/**
 * What this service knows of a correlation id: what became of the given events here (of whichever service they are), what was
 * recorded in its own streams, and whether each read model has that.
 */
export const findLineage = async (
  { db, messaging, projections }: Deps,
  { correlationId, eventIds }: Readonly<{ correlationId: string; eventIds: readonly string[] }>,
) => {
  const [deliveries, events, statuses] = await Promise.all([
    messaging.deliveries.of(eventIds),
    messaging.history.list({ correlationId, limit: eventsLimit }),
    Promise.all(projections.map(async (projection) => ({ projection, status: await projection.status() }))),
  ]);
  const subjects = [...new Set(events.map(({ subject }) => subject))];
  const changes = await findChanges(db, correlationId, subjects);
  return {
    deliveries,
    changes: changes.map(({ parked, ...change }) => ({
      ...change,
      readModels: statuses
        .filter(({ projection }) => projection.categories.includes(change.category))
        .map(({ projection: { name }, status }) => {
          const aside = parked.find(({ projection }) => projection === name);
          return aside === undefined
            ? { projection: name, state: stateAt(change.position, status) }
            : { projection: name, state: 'parked', error: aside.error, tries: aside.tries };
        }),
    })),
  };
};

const stateAt = (position: string, status: ProjectionStatus): 'applied' | 'behind' =>
  comparePositions(status.position, position) >= 0 ? 'applied' : 'behind';
