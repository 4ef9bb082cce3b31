import { exportedUser } from '@gatehouse/contracts';
import { createExportReader, type ServiceApp, type ServiceDeps } from '@gatehouse/service-kit';
import { commentsPlugin } from '../plugins/comments/comments-plugin.ts';
import type { PostsSettings } from './config.ts';
import { postListController } from './controllers/post-list-controller.ts';
import { postsController } from './controllers/posts-controller.ts';
import { tagsController } from './controllers/tags-controller.ts';
import { usersSubscription } from './controllers/users-subscription.ts';
import type { PeopleLookup, PluginInfrastructure, PostLookup } from './plugin-services.ts';
import { createAuthorsRepository } from './repositories/authors-repository.ts';
import { createPostListRepository } from './repositories/post-list-repository.ts';
import { createPostsRepository } from './repositories/posts-repository.ts';
import type { PostsSchema } from './repositories/tables.ts';
import { createTagsRepository } from './repositories/tags-repository.ts';
import { createPeopleService } from './services/people-service.ts';
import { createPostListService } from './services/post-list-service.ts';
import { createPostLookupService } from './services/post-lookup-service.ts';
import { createPostsService } from './services/posts-service.ts';
import { createTagsService } from './services/tags-service.ts';

/** The version of what posts keeps of users: plugins depend on it as on the module `users`. */
const usersModuleVersion = '0.1.0';

/** Decides who talks to whom: controllers to services, services to repositories. Pure wiring. */
export const createPostsApp = (deps: ServiceDeps<PostsSchema, PostsSettings>): ServiceApp => {
  const { db, transact, client, clock, ids, config } = deps;
  const outbox = deps.messaging.outbox;

  const posts = createPostsRepository({ db, outbox });
  const authors = createAuthorsRepository({ db });
  const people = createPeopleService({ authors, posts });
  const readUsers = createExportReader({
    client,
    service: 'users',
    path: '/internal/users/export',
    item: exportedUser,
  });

  return {
    routes: [
      ...postsController({ posts: createPostsService({ posts, authors, clock, ids }) }),
      ...postListController({
        postList: createPostListService({ postList: createPostListRepository({ db }) }),
      }),
      ...tagsController({ tags: createTagsService({ tags: createTagsRepository({ db }) }) }),
    ],
    subscriptions: [usersSubscription({ people, readUsers })],
    plugins: {
      entries: [{ plugin: commentsPlugin, ...config.plugins.comments }],
      modules: { users: usersModuleVersion },
      services: {
        posts: createPostLookupService({ posts }) satisfies PostLookup,
        users: people satisfies PeopleLookup,
        infrastructure: { db, transact, outbox, clock, ids } satisfies PluginInfrastructure,
      },
    },
  };
};
