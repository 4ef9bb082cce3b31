import type { ApiKey } from '../domain/api-key.ts';
import type { RefreshToken, Session } from '../domain/session.ts';
import type { FailureCount, Origin } from '../domain/sign-in-limits.ts';
import type { User, UserChange } from '../domain/user.ts';
import type { Role, UserEvent } from '../domain/user-events.ts';
import type { UserView } from './queries/user-view.ts';

/*
 * Everything that the application needs from outside, in its own words: the outline of the service. Times are ISO 8601 UTC,
 * hashes are SHA-256 in base64url.
 */

/** The write model. Each change goes in with its domain events and the integration events made from them. */
export type UserStore = Readonly<{
  /** @throws email_taken */
  add(change: UserChange): Promise<void>;
  /** Living accounts alone, locked until the end of the transaction: whoever decides about one is the only one. */
  find(id: string): Promise<User | undefined>;
  findByEmail(email: string): Promise<User | undefined>;
  /** Does nothing without events. @throws version_conflict when the account is elsewhere by now */
  save(change: UserChange): Promise<void>;
  /** Leaves a tombstone: id and dates; e-mail, names and password are gone, in the event stream as well. */
  bury(change: UserChange): Promise<void>;
  /** How many active administrators there are, held still until the end of the transaction. */
  countAdministrators(): Promise<number>;
}>;

export type SessionStore = Readonly<{
  open(session: Session, tokenHash: string): Promise<void>;
  /** The token and its session. What decides by them locks the account first (`UserStore.find`): that is the one lock. */
  findByToken(hash: string): Promise<Readonly<{ session: Session; token: RefreshToken }> | undefined>;
  /** The token is used up, its successor is the session's current one, and the session lives on until `expiresAt`. */
  rotate(
    used: Readonly<{ hash: string; at: string; sealedSuccessor: string }>,
    next: Readonly<{ hash: string; expiresAt: string }>,
  ): Promise<void>;
  /** Those that live at that moment, the one used last first; at most 100. */
  list(userId: string, now: string): Promise<readonly Session[]>;
  end(ids: readonly string[], at: string): Promise<void>;
}>;

/** Tokens that travel by mail and work once. */
export type OneTimeTokens = Readonly<{
  add(token: Readonly<{ hash: string; userId: string; createdAt: string; expiresAt: string }>): Promise<void>;
  /** Uses it up; undefined when it is unknown, used or expired at `now`. */
  take(hash: string, now: string): Promise<Readonly<{ userId: string }> | undefined>;
  /** When the account's last one was made. */
  findLatest(userId: string): Promise<string | undefined>;
}>;

/** `until` and `notBefore` in seconds since the epoch, as tokens have them. */
export type Revocation = Readonly<{ sid?: string; sub?: string; notBefore?: number; until: number }>;

export type RevocationStore = Readonly<{
  /** Announces the end of the sessions as well: a hint, the list decides. */
  add(revocations: readonly Revocation[]): Promise<void>;
  /** Every access token that was made for the key; announced likewise. */
  addApiKey(key: Readonly<{ id: string; userId: string; until: number }>): Promise<void>;
}>;

/** Keys that programs show. Whoever changes an account's locks the account first (`UserStore.find`). */
export type ApiKeyStore = Readonly<{
  add(key: ApiKey, hash: string): Promise<void>;
  findByHash(hash: string): Promise<ApiKey | undefined>;
  /** The newest first; at most 100. */
  list(userId: string): Promise<readonly ApiKey[]>;
  /** Kept to half a minute: a key may be asked for by many gateways at once. */
  markUsed(id: string, at: string): Promise<void>;
  remove(id: string): Promise<void>;
}>;

export type Mail = Readonly<{
  to: string;
  subject: string;
  text: string;
  html: string;
  /** Every link in it, in order. */
  links: readonly string[];
}>;

export type Mailer = Readonly<{ send(mail: Mail): Promise<void> }>;

/** Wishes for a verification mail, kept until somebody looks who that address belongs to. One per address at a time. */
export type MailRequests = Readonly<{
  add(email: string): Promise<void>;
  /** Takes the oldest, with those of others in flight left out. */
  take(): Promise<string | undefined>;
}>;

/** What one transaction can touch. */
export type Work = Readonly<{
  users: UserStore;
  sessions: SessionStore;
  tokens: OneTimeTokens;
  revocations: RevocationStore;
  apiKeys: ApiKeyStore;
  mailRequests: MailRequests;
  mailer: Mailer;
}>;

/** All of the task, or nothing. It may run again after a conflict, so it holds no state between runs. */
export type Transaction = <T>(task: (work: Work) => Promise<T>) => Promise<T>;

export type Passwords = Readonly<{
  /** PHC string. @throws overloaded when too many wait already */
  hash(password: string): Promise<string>;
  /** Without a hash, or without a usable one, it costs the same and is false. @throws overloaded */
  verify(password: string, hash: string | undefined): Promise<boolean>;
}>;

type Secret = Readonly<{ value: string; hash: string }>;

export type Secrets = Readonly<{
  /** 256 random bits. */
  create(): Secret;
  hash(value: string): string;
  /** Readable only with `key`, itself a secret of 256 bits. */
  seal(value: string, key: string): string;
  unseal(sealed: string, key: string): string;
}>;

export type AccessToken = Readonly<{ accessToken: string; expiresIn: number }>;

/** `seenAt` is when the account was looked at, under its lock. */
export type AccessTokens = Readonly<{
  issue(user: User, sessionId: string, seenAt: string): Promise<AccessToken>;
  /** With these rights instead of the account's own. */
  issueForApiKey(
    user: User,
    key: Readonly<{ id: string; role: Role; scopes: readonly string[]; lifetimeSeconds: number }>,
    seenAt: string,
  ): Promise<AccessToken>;
}>;

/** Failed sign-ins; in transactions of their own, since they outlast the refusal. Keys are kept as hashes, rows are bounded. */
export type FailureCounts = Readonly<{
  isKnown(origin: Origin): Promise<boolean>;
  /** One more in each, or in none when one is full: then how long until that one takes another. */
  take(
    counts: readonly FailureCount[],
    nowMs: number,
  ): Promise<Readonly<{ retryAfterMs: number }> | undefined>;
  giveBack(counts: readonly FailureCount[]): Promise<void>;
  /** The owner was here. The last 20 networks of an account are remembered. */
  remember(origin: Origin, nowMs: number): Promise<void>;
}>;

/** The read model, kept by a projection of the accounts' streams: a moment behind at times. */
export type UserViews = Readonly<{
  find(id: string): Promise<UserView | undefined>;
  list(filter: UserFilter, page: PageRequest): Promise<PageOfUsers>;
}>;

export type UserFilter = Readonly<{
  isActive?: boolean | undefined;
  /** Exclusive. */
  createdAfter?: string | undefined;
  createdBefore?: string | undefined;
  /** Part of the e-mail or the full name, whatever the case. */
  q?: string | undefined;
}>;

/** Newest first. `after` is the sort key of the former page's last item. */
type UserPosition = Readonly<{ createdAt: string; id: string }>;
export type PageRequest = Readonly<{ page: number; limit: number; after?: UserPosition | undefined }>;

export type PageOfUsers = Readonly<{
  items: readonly UserView[];
  /** Counted up to 10 000. */
  total: number;
  totalIsCapped: boolean;
  hasMore: boolean;
}>;

export type RecordedUserEvent = Readonly<{ id: string; userId: string; version: number; event: UserEvent }>;
export type AuditEntry = RecordedUserEvent & Readonly<{ correlationId?: string }>;

/** The stream of an account: also of a deleted one, then without personal data. */
export type UserHistory = Readonly<{
  since(userId: string, version: number): Promise<readonly RecordedUserEvent[]>;
  /** Newest first; `total` is 0 for an account that never was. */
  page(
    userId: string,
    page: Readonly<{ page: number; limit: number }>,
  ): Promise<Readonly<{ items: readonly AuditEntry[]; total: number }>>;
}>;
