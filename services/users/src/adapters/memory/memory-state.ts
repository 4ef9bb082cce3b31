import type { Mail, RecordedUserEvent, Revocation } from '../../application/ports.ts';
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
  mailRequests: new Set(),
  mails: [],
});
