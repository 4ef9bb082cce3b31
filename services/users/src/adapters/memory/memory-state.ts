import type { Mail, RecordedUserEvent, Revocation } from '../../application/ports.ts';
import type { ApiKey } from '../../domain/api-key.ts';
import type { RefreshToken, Session } from '../../domain/session.ts';
import type { User } from '../../domain/user.ts';

type OneTimeToken = Readonly<{
  hash: string;
  userId: string;
  createdAt: string;
  expiresAt: string;
  used: boolean;
}>;

/** Everything that the memory adapters keep: one value, so that a transaction is a copy. */
export type MemoryState = {
  readonly users: Map<string, User>;
  readonly events: RecordedUserEvent[];
  readonly sessions: Map<string, Session>;
  readonly refreshTokens: Map<string, RefreshToken>;
  readonly oneTimeTokens: Map<string, OneTimeToken>;
  readonly revocations: Revocation[];
  readonly apiKeys: Map<string, ApiKey>;
  /** Id by hash. */
  readonly apiKeyHashes: Map<string, string>;
  readonly mailRequests: Set<string>;
  readonly mails: Mail[];
};

export const createMemoryState = (): MemoryState => ({
  users: new Map(),
  events: [],
  sessions: new Map(),
  refreshTokens: new Map(),
  oneTimeTokens: new Map(),
  revocations: [],
  apiKeys: new Map(),
  apiKeyHashes: new Map(),
  mailRequests: new Set(),
  mails: [],
});
