import type { Ids } from '@gatehouse/contracts';
import type { AnyDb, AnyTx } from '@gatehouse/database';
import type { Outbox } from '@gatehouse/messaging';
import type { Clock } from '@gatehouse/resilience';

/** A post as far as a plugin has to know it. */
export type PostState = Readonly<{ id: string; authorId: string; status: 'draft' | 'published' }>;

/** What plugins find as `posts`. */
export type PostLookup = Readonly<{
  find(id: string): Promise<PostState | undefined>;
  /** The post as it stays until `tx` ends: its changes wait for that. */
  findAndHold(id: string, tx: AnyTx): Promise<PostState | undefined>;
  /** The posts that exist among at most 1 000 ids, in no order. */
  listStates(ids: readonly string[]): Promise<readonly PostState[]>;
}>;

/** A person as far as this service has heard of them; `fullName` is null once the account is gone. */
export type Person = Readonly<{ id: string; fullName: string | null; deleted: boolean }>;

/** What plugins find as `users`: the copy that posts keeps, no call to another service. */
export type PeopleLookup = Readonly<{
  /** At most 1 000 ids; unknown ones are left out. */
  listByIds(ids: readonly string[], tx?: AnyTx): Promise<readonly Person[]>;
  /** Holds off the end of this account until `tx` ends. */
  findAndHold(id: string, tx: AnyTx): Promise<Person | undefined>;
}>;

/** What plugins find as `infrastructure`. */
export type PluginInfrastructure = Readonly<{
  db: AnyDb;
  /** One transaction, whose events go out after its commit. */
  transact: <T>(work: (tx: AnyTx) => Promise<T>) => Promise<T>;
  outbox: Outbox;
  clock: Clock;
  ids: Ids;
}>;
