import type { AccessTokens, Passwords } from '../../application/ports.ts';
import type { Ids } from '../../application/sources.ts';
import { createPasswordPolicy } from '../../domain/password-policy.ts';
import { randomSecrets } from '../tokens/random-secrets.ts';
import { roleHolds } from '../tokens/role-holds.ts';
import { createMemoryFailureCounts } from './memory-failure-counts.ts';
import { createMemoryTransaction } from './memory-transaction.ts';
import { memoryHistory, memoryViews } from './memory-views.ts';

/** As quick as a password may be where nothing is to be protected: tests. */
const plainPasswords: Passwords = {
  hash: async (password) => `plain:${password}`,
  verify: async (password, hash) => hash === `plain:${password}`,
};

const readableTokens: AccessTokens = {
  issue: async (user, sessionId) => ({ accessToken: `${user.id}/${sessionId}/${user.role}`, expiresIn: 900 }),
  issueForApiKey: async (user, { id, role, scopes, lifetimeSeconds }) => ({
    accessToken: `${user.id}/${id}/${role}/${scopes.join(' ')}`,
    expiresIn: lifetimeSeconds,
  }),
};

/** Every port in memory, and a look at what they keep. */
export const createMemoryPorts = <C>(sources: Readonly<{ clock: C; ids: Ids }>) => {
  const { transaction, state } = createMemoryTransaction();
  return {
    ...sources,
    transaction,
    state,
    failures: createMemoryFailureCounts(),
    admission: { run: <T>(task: () => Promise<T>) => task(), inFlight: () => 0 },
    passwords: plainPasswords,
    passwordFault: createPasswordPolicy({ passwords: new Set(), words: new Set(['password']) }),
    secrets: randomSecrets,
    roleHolds,
    accessTokens: readableTokens,
    views: memoryViews(state),
    history: memoryHistory(state),
  };
};
