import { userError } from '../../domain/user-errors.ts';
import type { UserHistory, UserViews } from '../ports.ts';
import { evolveUserView, type UserView } from './user-view.ts';

type Deps = Readonly<{ views: UserViews; history: UserHistory }>;

/**
 * One account as of now: the kept view, and on top of it what its stream has since. So one's own write is always seen, with
 * no wait for the projection.
 */
export const createGetUser =
  ({ views, history }: Deps) =>
  async (id: string): Promise<UserView> => {
    const kept = await views.find(id);
    const tail = await history.since(id, kept?.version ?? 0);
    const view = tail.reduce(evolveUserView, kept);
    if (view === undefined) throw userError('not_found');
    return view;
  };
