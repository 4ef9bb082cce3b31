import { createCursor, created, noContent, ok, pageReply, type Route, route } from '@gatehouse/service-kit';
import {
  type CommentsConfig,
  commentChangesOf,
  commentCursor,
  commentsQuery,
  commentView,
  newCommentOf,
} from './comment-schemas.ts';
import type { CommentsService, CommentWithAuthor } from './comments-service.ts';

const cursors = createCursor(commentCursor);
const change = { auth: 'required', tag: 'comments', responses: { 200: commentView } } as const;

export const commentsRoutes = (deps: {
  comments: CommentsService;
  config: CommentsConfig;
}): readonly Route[] => [
  route(
    'GET /api/comments',
    {
      auth: 'optional',
      query: commentsQuery,
      summary: 'List the comments on a post, newest first',
      tag: 'comments',
      responses: { 200: commentView.array() },
    },
    async ({ query, principal }) => {
      const start =
        query.cursor === undefined
          ? { skip: (query.page - 1) * query.limit }
          : { after: cursors.decode(query.cursor) };
      const found = await deps.comments.list({ postId: query.postId, limit: query.limit, start }, principal);
      const nextCursor = found.next && cursors.encode(found.next);
      return pageReply({ ...query, ...found, items: found.items.map(toView), nextCursor });
    },
  ),

  route(
    'POST /api/comments',
    {
      auth: 'verified',
      permission: 'comments:create',
      idempotent: true,
      body: newCommentOf(deps.config),
      summary: 'Comment on a published post; it waits for approval unless it is by the author of the post',
      tag: 'comments',
      responses: { 201: commentView },
    },
    ({ body, principal, once }) =>
      once(async (tx) => {
        const written = await deps.comments.create(body, principal, tx);
        return created(toView(written), etagOf(written));
      }),
  ),

  ...(['PATCH', 'PUT'] as const).map((method) =>
    route(
      `${method} /api/comments/:id`,
      {
        ...change,
        permission: 'comments:update',
        body: commentChangesOf(deps.config),
        summary: 'Change the text of a comment; unless a moderator does, it waits for approval again',
      },
      ({ params, body, principal, ifMatch, once }) =>
        once(async (tx) => {
          const of = { id: params.id, caller: principal, ifMatch };
          return reply(await deps.comments.edit(of, body.content, tx));
        }),
    ),
  ),

  ...(
    [
      ['approve', 'approved'],
      ['reject', 'rejected'],
    ] as const
  ).map(([verb, outcome]) =>
    route(
      `POST /api/comments/:id/${verb}`,
      {
        ...change,
        permission: 'comments:moderate',
        idempotent: true,
        summary: verb === 'approve' ? 'Let everyone read a comment' : 'Refuse a comment',
      },
      ({ params, principal, ifMatch, once }) =>
        once(async (tx) => {
          const of = { id: params.id, caller: principal, ifMatch };
          return reply(await deps.comments.moderate(of, outcome, tx));
        }),
    ),
  ),

  route(
    'DELETE /api/comments/:id',
    {
      auth: 'required',
      permission: 'comments:delete',
      summary: 'Delete a comment for good',
      tag: 'comments',
    },
    ({ params, principal, ifMatch, once }) =>
      once(async (tx) => {
        await deps.comments.remove({ id: params.id, caller: principal, ifMatch }, tx);
        return noContent();
      }),
  ),
];

const reply = (found: CommentWithAuthor) => ok(toView(found), etagOf(found));

const etagOf = ({ comment }: CommentWithAuthor) => ({ version: comment.version, view: 'full' });

const toView = ({ comment, author }: CommentWithAuthor) => ({
  id: comment.id,
  postId: comment.postId,
  author: { id: comment.authorId, fullName: author?.fullName ?? null },
  content: comment.content,
  status: comment.status,
  createdAt: comment.createdAt.toISOString(),
  updatedAt: comment.updatedAt.toISOString(),
});
