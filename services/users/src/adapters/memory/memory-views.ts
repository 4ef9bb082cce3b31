import type { UserHistory, UserViews } from '../../application/ports.ts';
import { evolveUserView, type UserView } from '../../application/queries/user-view.ts';
import type { MemoryState } from './memory-state.ts';

/** The read model, folded anew at every look: never behind. */
export const memoryViews = (state: () => MemoryState): UserViews => {
  const all = (): readonly UserView[] => {
    const views = new Map<string, UserView | undefined>();
    for (const recorded of state().events)
      views.set(recorded.userId, evolveUserView(views.get(recorded.userId), recorded));
    return [...views.values()].filter((view) => view !== undefined).sort(newestFirst);
  };

  return {
    find: async (id) => all().find((view) => view.id === id),
    async list({ isActive, createdAfter, createdBefore, q }, { page, limit, after }) {
      const wanted = all().filter(
        (view) =>
          (isActive === undefined || view.isActive === isActive) &&
          (createdAfter === undefined || view.createdAt > createdAfter) &&
          (createdBefore === undefined || view.createdAt < createdBefore) &&
          (q === undefined || `${view.email}\n${view.fullName}`.toLowerCase().includes(q.toLowerCase())),
      );
      const rest = after === undefined ? wanted : wanted.filter((view) => newestFirst(view, after) > 0);
      const skipped = after === undefined ? (page - 1) * limit : 0;
      const items = rest.slice(skipped, skipped + limit);
      return { items, total: wanted.length, totalIsCapped: false, hasMore: rest.length > skipped + limit };
    },
  };
};

type Sortable = Readonly<{ createdAt: string; id: string }>;

const newestFirst = (a: Sortable, b: Sortable): number => {
  const [first, second] = [`${a.createdAt} ${a.id}`, `${b.createdAt} ${b.id}`];
  return first < second ? 1 : first > second ? -1 : 0;
};

export const memoryHistory = (state: () => MemoryState): UserHistory => ({
  since: async (userId, version) =>
    state().events.filter((recorded) => recorded.userId === userId && recorded.version > version),
  async page(userId, { page, limit }) {
    const all = state()
      .events.filter((recorded) => recorded.userId === userId)
      .reverse();
    return { items: all.slice((page - 1) * limit, page * limit), total: all.length };
  },
});
