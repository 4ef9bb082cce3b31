import { type Answer, startServiceForTests } from '@gatehouse/service-kit/testing';
import { postsService } from './index.ts';

export type PostsForTests = Awaited<ReturnType<typeof startPostsForTests>>;

/** The whole service with its plugins, with what its tests do again and again. */
export const startPostsForTests = async (databaseName: string) => {
  const service = await startServiceForTests(postsService, { databaseName });

  return {
    ...service,

    /** As the gateway does for an administrator. */
    async plugin(action: 'activate' | 'deactivate'): Promise<Answer> {
      const token = await service.serviceToken();
      return service.request('POST', `/internal/plugins/comments/${action}`, { token });
    },

    /** Types of the events that this service announced about something, oldest first. */
    async announced(subject: string): Promise<readonly string[]> {
      return (await service.announced(subject)).map(({ type }) => type);
    },
  };
};
