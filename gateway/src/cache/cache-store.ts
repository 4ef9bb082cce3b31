import type { CacheAddress } from './cache-key.ts';
import type { StoredAnswer } from './stored-answer.ts';

/** The key of a request among the variants of an address, by the names of the headers that they depend on. */
export type VariantOf = (names: readonly string[]) => string;

export type Found = Readonly<{
  /**
   * Stands for this moment: an answer that was asked for now is kept only if its path was not forgotten since.
   * Undefined: nothing can be kept at the moment.
   */
  mark: string | undefined;
  answer: StoredAnswer | undefined;
  /** There is an answer, but for other values of the headers that it depends on. */
  otherVariant: boolean;
}>;

type Kept = Readonly<{
  /** Of the look-up that came before the request to the service. */
  mark: string;
  variantOf: VariantOf;
  answer: StoredAnswer;
}>;

export type CacheReport = Readonly<{
  mode: 'memory' | 'shared' | 'away';
  /** As far as this gateway knows. */
  bytes: number;
}>;

/** Keeps answers, within bounds; may lose any of them at any time. Never fails: what it cannot do is a miss. */
export type CacheStore = Readonly<{
  find(address: CacheAddress, variantOf: VariantOf): Found | Promise<Found>;
  keep(address: CacheAddress, kept: Kept): void;
  /** Drops every answer of a path, and those under way there. Resolves when nobody will find them any more. */
  forget(path: CacheAddress['path']): Promise<void> | void;
  report(): CacheReport;
  close(): void;
}>;

export const nothingFound: Found = { mark: undefined, answer: undefined, otherVariant: false };
