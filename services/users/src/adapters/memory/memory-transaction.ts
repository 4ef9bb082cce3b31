import type { OneTimeTokens, Transaction, Work } from '../../application/ports.ts';
import { memoryApiKeys } from './memory-api-keys.ts';
import { memorySessions } from './memory-sessions.ts';
import { createMemoryState, type MemoryState } from './memory-state.ts';
import { memoryUsers } from './memory-users.ts';

/**
 * The application's transaction over plain maps: one after another, and a task that fails leaves no trace. For tests
 * and as the second reading of every port.
 */
export const createMemoryTransaction = (): Readonly<{
  transaction: Transaction;
  state: () => MemoryState;
}> => {
  let state = createMemoryState();
  let last: Promise<unknown> = Promise.resolve();

  const transaction: Transaction = (task) => {
    const run = async () => {
      const draft = structuredClone(state);
      const result = await task(workOn(draft));
      state = draft;
      return result;
    };
    const next = last.then(run, run);
    last = next.catch(() => {});
    return next;
  };
  return { transaction, state: () => state };
};

const workOn = (state: MemoryState): Work => ({
  users: memoryUsers(state),
  sessions: memorySessions(state),
  tokens: memoryTokens(state),
  revocations: {
    add: async (revocations) => void state.revocations.push(...revocations),
    addApiKey: async ({ id, until }) => void state.revocations.push({ sid: id, until }),
  },
  apiKeys: memoryApiKeys(state),
  mailRequests: {
    add: async (email) => void state.mailRequests.add(email),
    take: async () => {
      const [email] = state.mailRequests;
      if (email !== undefined) state.mailRequests.delete(email);
      return email;
    },
  },
  mailer: { send: async (mail) => void state.mails.push(mail) },
});

const memoryTokens = ({ oneTimeTokens }: MemoryState): OneTimeTokens => ({
  add: async (token) => void oneTimeTokens.set(token.hash, { ...token, used: false }),
  take: async (hash, now) => {
    const token = oneTimeTokens.get(hash);
    if (token === undefined || token.used || token.expiresAt <= now) return undefined;
    oneTimeTokens.set(hash, { ...token, used: true });
    return { userId: token.userId };
  },
  findLatest: async (userId) =>
    [...oneTimeTokens.values()]
      .filter((token) => token.userId === userId)
      .map(({ createdAt }) => createdAt)
      .sort()
      .at(-1),
});
