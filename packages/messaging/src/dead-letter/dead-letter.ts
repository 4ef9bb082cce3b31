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

/** Which dead letters, for all of them at once: the same filters as the list. */
export type ReplayManyQuery = Pick<DeadLetterQuery, 'consumer' | 'type' | 'error'> &
  Readonly<{
    /** At most so many, the oldest ones: 1 to 1 000, default 100. */
    limit?: number;
  }>;

export type ReplayManyReport = Readonly<{
  dryRun: boolean;
  /** Open ones that fit the filter. */
  matched: number;
  /** Put into the inbox, or in a dry run: would be. */
  replayed: number;
  /** Would become dead letters again at once, so they are left alone; their reports have the reason. */
  refused: number;
  /** Of those replayed: their consumer has processed newer versions of the subject meanwhile. */
  overtaken: number;
  /** Fit the filter and were not looked at, because of the limit. */
  left: number;
  /** One for each that was looked at, the oldest first. */
  letters: readonly ReplayReport[];
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
  /**
   * Replays the oldest that fit, 100 a second (PostgreSQL has their time, so a restart changes nothing), each key's in the
   * order in which they came. Until its time has come, a replay parks its key: 10 s at most.
   */
  replayMany(query?: ReplayManyQuery, options?: { dryRun?: boolean }): Promise<ReplayManyReport>;
  discard(id: string): Promise<void>;
}>;
