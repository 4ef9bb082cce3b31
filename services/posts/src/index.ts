import type { ServiceDefinition } from '@gatehouse/service-kit';
import { postsMigrations } from '../migrations/index.ts';
import { createPostsApp } from './app.ts';
import { type PostsSettings, postsSettings } from './config.ts';
import type { PostsSchema } from './repositories/tables.ts';

/** Posts with their tags and, by plugin, comments; layered. To be run by `startService` of the service kit. */
export const postsService: ServiceDefinition<PostsSchema, PostsSettings> = {
  name: 'posts',
  version: '0.1.0',
  migrations: postsMigrations,
  settings: postsSettings,
  create: createPostsApp,
};
