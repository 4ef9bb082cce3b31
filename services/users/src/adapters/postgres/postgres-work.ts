import type { Ids } from '@gatehouse/contracts';
import type { AnyTx, Transact } from '@gatehouse/database';
import type { Clock } from '@gatehouse/resilience';
import type { Transaction, Work } from '../../application/ports.ts';
import { postgresApiKeys } from './postgres-api-keys.ts';
import { postgresMailbox, postgresMailRequests, postgresOneTimeTokens } from './postgres-mail.ts';
import { postgresRevocations } from './postgres-revocations.ts';
import { postgresSessions } from './postgres-sessions.ts';
import { postgresUsers, type Recorders } from './postgres-users.ts';

export type WorkDeps = Recorders & Readonly<{ clock: Clock; ids: Ids; mailboxLimit: number }>;

/** Every port over one PostgreSQL transaction: a request's own, or the one in which a message is handled. */
export const postgresWork = (tx: AnyTx, deps: WorkDeps): Work => ({
  users: postgresUsers(tx, deps),
  sessions: postgresSessions(tx),
  tokens: postgresOneTimeTokens(tx),
  revocations: postgresRevocations(tx, deps),
  apiKeys: postgresApiKeys(tx),
  mailRequests: postgresMailRequests(tx),
  mailer: postgresMailbox(tx, { limit: deps.mailboxLimit, clock: deps.clock }),
});

export const createPostgresTransaction =
  (transact: Transact, deps: WorkDeps): Transaction =>
  (task) =>
    transact((tx) => task(postgresWork(tx, deps)));
