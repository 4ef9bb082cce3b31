import type { KeyObject } from 'node:crypto';
import type { CryptoKey } from 'jose';

export type KeySourceStatus = Readonly<{
  kids: readonly string[];
  /** When the keys were last read (ISO 8601); unset before the first time. */
  readAt?: string;
  /** The last read failed: the keys are the last known ones. */
  failing: boolean;
}>;

/** Where the public keys come from that access tokens are checked with. */
export type KeySource = Readonly<{
  /** Undefined: there is no such key. AppError `keys_unavailable` (unavailable): it cannot be told at the moment. */
  find(kid: string): Promise<CryptoKey | KeyObject | undefined>;
  /** There is at least one key to check with. */
  ready(): boolean;
  /** Resolves when keys were read, and keeps them fresh until `stop`. Rejects after about a minute in vain. */
  start(): Promise<void>;
  stop(): Promise<void>;
  status(): KeySourceStatus;
}>;
