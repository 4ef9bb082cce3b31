import type { UserStore } from '../../application/ports.ts';
import type { UserChange } from '../../domain/user.ts';
import { userError } from '../../domain/user-errors.ts';
import type { UserEvent } from '../../domain/user-events.ts';
import type { MemoryState } from './memory-state.ts';

export const memoryUsers = (state: MemoryState): UserStore => {
  const living = (email: string) => [...state.users.values()].find((user) => user.email === email);

  const record = ({ user, events }: UserChange): void => {
    const first = user.version - events.length + 1;
    events.forEach((event, at) => {
      state.events.push({ id: `${user.id}/${first + at}`, userId: user.id, version: first + at, event });
    });
  };

  return {
    async add(change) {
      if (living(change.user.email) !== undefined) throw userError('email_taken');
      state.users.set(change.user.id, change.user);
      record(change);
    },
    find: async (id) => state.users.get(id),
    findByEmail: async (email) => living(email),
    async save(change) {
      if (change.events.length === 0) return;
      if (state.users.get(change.user.id)?.version !== change.user.version - change.events.length)
        throw userError('version_conflict');
      state.users.set(change.user.id, change.user);
      record(change);
    },
    async bury(change) {
      const { id } = change.user;
      state.users.delete(id);
      record(change);
      state.events.forEach((recorded, at) => {
        if (recorded.userId === id) state.events[at] = { ...recorded, event: withoutPerson(recorded.event) };
      });
      for (const key of [...state.apiKeys.values()]) if (key.userId === id) state.apiKeys.delete(key.id);
      for (const session of [...state.sessions.values()].filter(({ userId }) => userId === id)) {
        state.sessions.delete(session.id);
        for (const token of [...state.refreshTokens.values()])
          if (token.sessionId === session.id) state.refreshTokens.delete(token.hash);
      }
    },
    countAdministrators: async () =>
      [...state.users.values()].filter(({ role, isActive }) => role === 'admin' && isActive).length,
  };
};

const withoutPerson = (event: UserEvent): UserEvent => {
  if (event.type === 'user-registered') return { ...event, email: '', firstName: '', lastName: '' };
  return event.type === 'user-renamed' ? { ...event, firstName: '', lastName: '' } : event;
};
