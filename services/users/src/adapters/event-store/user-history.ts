import { type EventStore, type RecordedEvent, streamName } from '@gatehouse/event-store';
import type { AuditEntry, UserHistory } from '../../application/ports.ts';
import type { UserEvent } from '../../domain/user-events.ts';

/** The accounts' streams, read. */
export const createUserHistory = (eventStore: EventStore): UserHistory => ({
  async since(userId, version) {
    const { events } = await eventStore.read<UserEvent>(streamName('user', userId), { from: version + 1 });
    return events.map(toRecordedUserEvent);
  },
  async page(userId, { page, limit }) {
    const stream = streamName('user', userId);
    const total = (await eventStore.findHead(stream))?.version ?? 0;
    const to = total - (page - 1) * limit;
    if (to < 1) return { items: [], total };
    const { events } = await eventStore.read<UserEvent>(stream, { from: Math.max(1, to - limit + 1), to });
    return { items: events.map(toRecordedUserEvent).reverse(), total };
  },
});

export const toRecordedUserEvent = (recorded: RecordedEvent<UserEvent>): AuditEntry => ({
  id: recorded.id,
  userId: recorded.stream.slice(recorded.category.length + 1),
  version: recorded.version,
  event: recorded.event,
  ...(recorded.correlationId === undefined ? {} : { correlationId: recorded.correlationId }),
});
