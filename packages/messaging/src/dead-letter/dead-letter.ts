import type { EventEnvelope } from '@gatehouse/contracts';

/** A message that a consumer could not process. Its key has gone on without it. */
export type DeadLetter = Readonly<{
  id: string;
  consumer: string;
  eventId: string;
  type: string;
  subject: string;
  correlationId?: string;
  /** As it came; `undefined` when it was no event at all: see `raw`. */
  event: EventEnvelope | undefined;
  /** The message itself when it was no event. */
  raw?: unknown;
  /** What a replay will carry instead of `event.data`. */
  editedData?: unknown;
  error: Readonly<{ code: string; message: string; stack?: string }>;
  attempts: number;
  firstFailedAt: string;
  lastFailedAt: string;
  /** The dead letter whose replay this was. */
  replayOf?: string;
  status: 'open' | 'replayed' | 'discarded';
}>;

export type DeadLetterQuery = Readonly<{
  consumer?: string;
  /** Any part of the event's type. */
  type?: string;
  /** Any part of the error's code or message. */
  error?: string;
  /** 1 to 1 000, default 100. */
  limit?: number;
  /** The `id` of the last one seen: continues with older ones. */
  after?: string;
}>;

export type ReplayReport = Readonly<{
  id: string;
  consumer: string;
  type: string;
  dryRun: boolean;
  /** Whether the consumer would take it: its type is known and its data fits the contract. */
  accepted: boolean;
  reason?: string;
  /** The consumer has processed newer versions of the subject meanwhile: its handler has to compare `aggregateversion`. */
  overtaken: boolean;
}>;

/** All take the dead letter's `id`; an unknown one is AppError `dead_letter_not_found`, a settled one `dead_letter_settled`. */
export type DeadLetters = Readonly<{
  /** The open ones, newest first. */
  list(query?: DeadLetterQuery): Promise<readonly DeadLetter[]>;
  get(id: string): Promise<DeadLetter>;
  /** Sets the data that a replay will carry; the original stays as it came. */
  edit(id: string, data: unknown): Promise<DeadLetter>;
  /** Puts it into the inbox again, as the newest of its key. A dry run only says what would come of it. */
  replay(id: string, options?: { dryRun?: boolean }): Promise<ReplayReport>;
  discard(id: string): Promise<void>;
}>;
