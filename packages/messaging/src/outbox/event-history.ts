/** An event as its service's log has it. */
export type EventRecord = Readonly<{
  id: string;
  service: string;
  type: string;
  subject: string;
  time: string;
  correlationId: string;
  causationId?: string;
  traceparent?: string;
  /** What was being done: `POST /api/orders`, or the consumer that said it. */
  command?: string;
  aggregateVersion: number;
  data: unknown;
  /** Missing while the relay has not passed it on. */
  sentAt?: string;
}>;

export type EventQuery = Readonly<{
  /** Any part of the type, in any case. */
  type?: string;
  /** ISO 8601; events said at this time or later. */
  since?: string;
  correlationId?: string;
  /** 1 to 1 000, default 100. */
  limit?: number;
}>;

export type EventHistory = Readonly<{
  /** What this service said, newest first: everything of the last 7 days and at least its last 1 000 events. */
  list(query?: EventQuery): Promise<readonly EventRecord[]>;
}>;
