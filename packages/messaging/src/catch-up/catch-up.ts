import type { AnyTx } from '@gatehouse/database';

export type ExportPage<T = unknown> = Readonly<{
  items: readonly T[];
  /** Where the next page begins; undefined when this is the last one. */
  next: string | undefined;
}>;

/**
 * How a consumer takes over what was before its queue ever existed: the other service's export, page by page, once.
 *
 * What another service said before the queue existed is in the export, since every page is asked for afterwards; what it says
 * later comes as events. Both may say the same, in any order, so `apply` compares the item's `aggregateversion` as the
 * handlers compare their event's: an older one changes nothing.
 */
export type CatchUp<T = unknown> = Readonly<{
  /** A page after the given position, without one the first. Bounded in time and size; throwing means: again later. */
  read(after: string | undefined): Promise<ExportPage<T>>;
  /** One item, in the transaction that also keeps the position after its page. */
  apply(item: T, tx: AnyTx): Promise<void>;
}>;

export type CatchUpReport = Readonly<{
  consumer: string;
  finished: boolean;
  /** ISO 8601. */
  finishedAt?: string;
  /** Code of what this instance failed with last; gone with the next page. */
  error?: string;
}>;
