import type { Migrations } from '@gatehouse/database';
import { definePlugin } from '@gatehouse/plugin-host';
import type { PeopleLookup, PluginInfrastructure, PostLookup } from '../../src/plugin-services.ts';
import { commentsConfig, longestComment } from './comment-schemas.ts';
import { commentsLink } from './comments-link.ts';
import { createCommentsRepository } from './comments-repository.ts';
import { commentsRoutes } from './comments-routes.ts';
import { createCommentsService } from './comments-service.ts';
import { commentsSubscription } from './comments-subscription.ts';
import { init } from './migrations/0001-init.ts';
import { createThreadKeeper } from './thread-keeper.ts';
import { createThreadsRepository } from './threads-repository.ts';

const commentsMigrations: Migrations = { '0001_init': init };

/** Comments on posts. Inactive, it leaves nothing behind but its tables; active again, it makes up for what it missed. */
export const commentsPlugin = definePlugin({
  name: 'comments',
  version: '2.1.0',
  dependencies: { posts: '^0.1.0', users: '^0.1.0' },
  config: commentsConfig,
  defaults: { maxLength: longestComment },
  migrations: commentsMigrations,
  async activate(host) {
    const { db, transact, outbox, clock, ids } = host.find<PluginInfrastructure>('infrastructure');
    const posts = host.find<PostLookup>('posts');
    const people = host.find<PeopleLookup>('users');
    const comments = createCommentsRepository({ db, outbox });
    const threads = createThreadsRepository({ db });
    const keeper = createThreadKeeper({ comments, threads, posts, people, transact });
    const service = createCommentsService({ comments, threads, posts, people, clock, ids });

    // Listening first: what happens while the past is made up for is heard, and nothing falls between the two.
    await host.subscribe(commentsSubscription({ keeper }));
    await keeper.reconcile();

    host.service('comments', service);
    host.middleware(commentsLink);
    host.routes(commentsRoutes({ comments: service, config: host.config }));
  },
});
