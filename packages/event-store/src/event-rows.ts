import type { DomainEvent, RecordedEvent } from './event-store.ts';
import type { StreamName } from './stream-name.ts';

export type EventRow = Readonly<{
  id: string;
  stream: string;
  category: string;
  version: number;
  position: string;
  type: string;
  schema_version: number;
  data: Readonly<Record<string, unknown>>;
  correlation_id: string | null;
  causation_id: string | null;
  recorded_at: Date;
}>;

export const toRecordedEvent = <E extends DomainEvent>(row: EventRow): RecordedEvent<E> => ({
  id: row.id,
  stream: row.stream as StreamName,
  category: row.category,
  version: row.version,
  position: row.position,
  type: row.type,
  schemaVersion: row.schema_version,
  event: { ...row.data, type: row.type } as unknown as E,
  ...(row.correlation_id === null ? {} : { correlationId: row.correlation_id }),
  ...(row.causation_id === null ? {} : { causationId: row.causation_id }),
  recordedAt: row.recorded_at.toISOString(),
});
