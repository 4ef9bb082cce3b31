import type { SessionStore } from '../../application/ports.ts';
import type { MemoryState } from './memory-state.ts';

const listLimit = 100;

export const memorySessions = (state: MemoryState): SessionStore => ({
  async open(session, tokenHash) {
    state.sessions.set(session.id, session);
    state.refreshTokens.set(tokenHash, { hash: tokenHash, sessionId: session.id });
  },
  async findByToken(hash) {
    const token = state.refreshTokens.get(hash);
    const session = token && state.sessions.get(token.sessionId);
    return token && session && { session, token };
  },
  async rotate(used, next) {
    const token = state.refreshTokens.get(used.hash);
    const session = token && state.sessions.get(token.sessionId);
    if (token === undefined || session === undefined) return;
    state.refreshTokens.set(used.hash, { ...token, usedAt: used.at, sealedSuccessor: used.sealedSuccessor });
    state.refreshTokens.set(next.hash, { hash: next.hash, sessionId: session.id });
    state.sessions.set(session.id, { ...session, lastUsedAt: used.at, expiresAt: next.expiresAt });
  },
  list: async (userId, now) =>
    [...state.sessions.values()]
      .filter(
        (session) => session.userId === userId && session.endedAt === undefined && session.expiresAt > now,
      )
      .sort((a, b) =>
        a.lastUsedAt === b.lastUsedAt ? (a.id < b.id ? 1 : -1) : a.lastUsedAt < b.lastUsedAt ? 1 : -1,
      )
      .slice(0, listLimit),
  async end(ids, at) {
    for (const id of ids) {
      const session = state.sessions.get(id);
      if (session !== undefined && session.endedAt === undefined)
        state.sessions.set(id, { ...session, endedAt: at });
    }
  },
});
