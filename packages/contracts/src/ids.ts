import { randomUUIDv7 } from 'node:crypto';

/** Where identifiers come from: a dependency like the clock, so that tests know them in advance. */
export type Ids = Readonly<{
  /** A new UUIDv7 in lower case. Later ones sort after earlier ones, to the millisecond. */
  next(): string;
}>;

export const randomIds: Ids = { next: () => randomUUIDv7() };
