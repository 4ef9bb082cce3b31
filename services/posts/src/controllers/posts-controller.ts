import { created, noContent, ok, type Reply, type Route, route } from '@gatehouse/service-kit';
import type { Caller } from '../models/caller.ts';
import type { PostsService, PostWithAuthor } from '../services/posts-service.ts';
import { excerptView, fullView, newPost, postChanges, postSlug } from './post-schemas.ts';
import { toView } from './post-views.ts';

const read = { auth: 'optional', tag: 'posts', responses: { 200: fullView.or(excerptView) } } as const;
const change = { auth: 'required', tag: 'posts', responses: { 200: fullView } } as const;

/** One post: to read, write, change, publish and delete. */
export const postsController = ({ posts }: { posts: PostsService }): readonly Route[] => [
  route(
    'POST /api/posts',
    {
      auth: 'verified',
      permission: 'posts:create',
      idempotent: true,
      body: newPost,
      summary: 'Write a post',
      tag: 'posts',
      responses: { 201: fullView },
    },
    ({ body, principal, once }) =>
      once(async (tx) => {
        const written = await posts.create(body, principal, tx);
        const { data, options } = toView(written, principal);
        return created(data, { ...options, headers: { Location: `/api/posts/${written.post.id}` } });
      }),
  ),

  route('GET /api/posts/:id', { ...read, summary: 'Read a post' }, async ({ params, principal }) =>
    reply(await posts.get({ id: params.id }, principal), principal),
  ),

  route(
    'GET /api/posts/slug/:slug',
    { ...read, params: postSlug, summary: 'Read a post by its slug' },
    async ({ params, principal }) => reply(await posts.get({ slug: params.slug }, principal), principal),
  ),

  ...(['PATCH', 'PUT'] as const).map((method) =>
    route(
      `${method} /api/posts/:id`,
      {
        ...change,
        permission: 'posts:update',
        body: postChanges,
        summary: 'Change title, content or tags of a post; its slug stays',
      },
      ({ params, body, principal, ifMatch, once }) =>
        once(async (tx) =>
          reply(await posts.update({ id: params.id, caller: principal, ifMatch }, body, tx), principal),
        ),
    ),
  ),

  ...(['publish', 'unpublish'] as const).map((what) =>
    route(
      `POST /api/posts/:id/${what}`,
      {
        ...change,
        permission: 'posts:publish',
        idempotent: true,
        summary: what === 'publish' ? 'Let everyone read a post' : 'Make a post a draft again',
      },
      ({ params, principal, ifMatch, once }) =>
        once(async (tx) =>
          reply(await posts[what]({ id: params.id, caller: principal, ifMatch }, tx), principal),
        ),
    ),
  ),

  route(
    'DELETE /api/posts/:id',
    { auth: 'required', permission: 'posts:delete', tag: 'posts', summary: 'Delete a post for good' },
    ({ params, principal, ifMatch, once }) =>
      once(async (tx) => {
        await posts.remove({ id: params.id, caller: principal, ifMatch }, tx);
        return noContent();
      }),
  ),
];

const reply = (found: PostWithAuthor, caller: Caller): Reply => {
  const { data, options } = toView(found, caller);
  return ok(data, options);
};
