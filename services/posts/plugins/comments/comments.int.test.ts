import { UserDeleted } from '@gatehouse/contracts';
import type { TestUser } from '@gatehouse/service-kit/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PostsForTests, startPostsForTests } from '../../src/posts-for-tests.ts';

let posts: PostsForTests;
let author: TestUser;
let reader: TestUser;
let stranger: TestUser;
let admin: TestUser;

beforeAll(async () => {
  posts = await startPostsForTests('comments');
  [author, reader, stranger, admin] = await Promise.all([
    posts.signIn(),
    posts.signIn(),
    posts.signIn(),
    posts.signIn('admin'),
  ]);
}, 30_000);
afterAll(() => posts.stop());

const writePost = async (isPublished = true): Promise<string> => {
  const body = { title: 'Something to talk about', content: 'Ten characters and more.' };
  const { data } = await posts.request('POST', '/api/posts', { as: author, body });
  if (isPublished) await posts.request('POST', `/api/posts/${data.id}/publish`, { as: author });
  return data.id;
};

const comment = (as: TestUser, postId: string, content = 'Well said.') =>
  posts.request('POST', '/api/comments', { as, body: { postId, content } });
const writeComment = async (as: TestUser, postId: string): Promise<string> =>
  (await comment(as, postId)).data.id;
const decide = (as: TestUser, id: string, verb: 'approve' | 'reject') =>
  posts.request('POST', `/api/comments/${id}/${verb}`, { as });
const list = (postId: string, as?: TestUser, more = '') =>
  posts.request('GET', `/api/comments?postId=${postId}${more}`, as && { as });
const seenBy = async (postId: string, as?: TestUser): Promise<readonly string[]> =>
  (await list(postId, as)).data.map(({ id }: { id: string }) => id);

describe('commenting on a post', () => {
  it('waits for approval', async () => {
    const postId = await writePost();
    const { status, headers, data } = await comment(reader, postId);

    expect(status).toBe(201);
    expect(headers.get('etag')).toBe('"1-full"');
    expect(data).toEqual({
      id: expect.any(String),
      postId,
      author: { id: reader.id, fullName: null },
      content: 'Well said.',
      status: 'pending',
      createdAt: expect.any(String),
      updatedAt: data.createdAt,
    });
    expect(await posts.announced(data.id)).toEqual(['gatehouse.comment.created.v1']);
  });

  it('needs no approval by the author of the post', async () => {
    expect((await comment(author, await writePost())).data.status).toBe('approved');
  });

  it('is for published posts', async () => {
    const draft = await writePost(false);

    expect((await comment(author, draft)).json).toMatchObject({ status: 409, code: 'comments_closed' });
    expect((await comment(reader, draft)).status).toBe(404);
    expect((await comment(reader, '01900000-0000-7000-8000-00000000dead')).status).toBe(404);
  });

  it('needs a verified address', async () => {
    const unverified = await posts.signIn('user', false);

    expect((await comment(unverified, await writePost())).json.code).toBe('email_unverified');
  });

  it.each([
    ['no character', ''],
    ['only blanks', '   '],
    ['5001 characters', 'x'.repeat(5_001)],
    ['a NUL', 'a \0 NUL'],
  ])('is refused with %s', async (_, content) => {
    const { status, json } = await comment(reader, await writePost(), content);

    expect(status).toBe(422);
    expect(json.errors).toMatchObject([{ path: '/content' }]);
  });

  it('happens once for one Idempotency-Key', async () => {
    const postId = await writePost();
    const body = { postId, content: 'Only once.' };
    const again = { as: reader, body, headers: { 'idempotency-key': 'comment-once' } };
    const [first, second] = [
      await posts.request('POST', '/api/comments', again),
      await posts.request('POST', '/api/comments', again),
    ];

    expect(second.data).toEqual(first.data);
    expect(await seenBy(postId, reader)).toEqual([first.data.id]);
  });
});

describe('the comments on a post', () => {
  it('are shown when approved; the others to their author, the author of the post and administrators', async () => {
    const postId = await writePost();
    const approved = await writeComment(reader, postId);
    const pending = await writeComment(reader, postId);
    const rejected = await writeComment(reader, postId);
    await decide(author, approved, 'approve');
    await decide(admin, rejected, 'reject');

    expect(await seenBy(postId)).toEqual([approved]);
    expect(await seenBy(postId, stranger)).toEqual([approved]);
    for (const who of [reader, author, admin]) {
      expect(await seenBy(postId, who)).toEqual([rejected, pending, approved]);
    }
  });

  it('come in pages', async () => {
    const postId = await writePost();
    const written = [await writeComment(author, postId), await writeComment(author, postId)];
    const first = await list(postId, undefined, '&limit=1');
    const second = await list(postId, undefined, `&limit=1&cursor=${first.meta.nextCursor}`);

    expect(first.meta).toMatchObject({ total: 2, totalPages: 2, limit: 1 });
    expect([...first.data, ...second.data].map(({ id }: { id: string }) => id)).toEqual(written.reverse());
    expect(second.meta.nextCursor).toBeNull();
  });

  it('need a post that the caller may know of', async () => {
    const draft = await writePost(false);

    expect((await list(draft)).status).toBe(404);
    expect((await list(draft, author)).data).toEqual([]);
    expect((await posts.request('GET', '/api/comments')).status).toBe(422);
  });

  it('are where the post says they are', async () => {
    const postId = await writePost();

    expect((await posts.request('GET', `/api/posts/${postId}`)).headers.get('link')).toBe(
      `</api/comments?postId=${postId}>; rel="replies"`,
    );
  });
});

describe('deciding about a comment', () => {
  it('is for the author of the post and administrators', async () => {
    const id = await writeComment(reader, await writePost());

    expect((await decide(reader, id, 'approve')).status).toBe(403);
    expect((await decide(stranger, id, 'approve')).status).toBe(404);
    expect((await decide(author, id, 'approve')).data.status).toBe('approved');
    expect((await decide(author, id, 'approve')).headers.get('etag')).toBe('"2-full"');
    expect((await decide(admin, id, 'reject')).data.status).toBe('rejected');
    expect(await posts.announced(id)).toEqual([
      'gatehouse.comment.created.v1',
      'gatehouse.comment.approved.v1',
      'gatehouse.comment.rejected.v1',
    ]);
  });
});

describe('changing a comment', () => {
  it.each(['PATCH', 'PUT'])('%s by its author makes it wait again', async (method) => {
    const id = await writeComment(reader, await writePost());
    await decide(author, id, 'approve');
    const body = { content: 'On second thought.' };

    expect((await posts.request(method, `/api/comments/${id}`, { as: reader, body })).data).toMatchObject({
      content: 'On second thought.',
      status: 'pending',
    });
  });

  it('by the author of the post leaves it approved', async () => {
    const id = await writeComment(reader, await writePost());
    await decide(author, id, 'approve');
    const body = { content: 'In other words.' };

    expect((await posts.request('PATCH', `/api/comments/${id}`, { as: author, body })).data.status).toBe(
      'approved',
    );
    expect((await posts.request('PATCH', `/api/comments/${id}`, { as: stranger, body })).status).toBe(403);
    const stale = { as: author, body, headers: { 'if-match': '"1-full"' } };
    expect((await posts.request('PATCH', `/api/comments/${id}`, stale)).status).toBe(412);
  });

  it('deletes it for good', async () => {
    const postId = await writePost();
    const id = await writeComment(reader, postId);

    expect((await posts.request('DELETE', `/api/comments/${id}`, { as: stranger })).status).toBe(404);
    expect((await posts.request('DELETE', `/api/comments/${id}`, { as: reader })).status).toBe(204);
    expect((await posts.request('DELETE', `/api/comments/${id}`, { as: reader })).status).toBe(404);
    expect(await posts.announced(id)).toEqual([
      'gatehouse.comment.created.v1',
      'gatehouse.comment.deleted.v1',
    ]);
  });
});

describe('what happens to the post', () => {
  it('closes and opens its comments', async () => {
    const postId = await writePost();
    const id = await writeComment(author, postId);

    await posts.request('POST', `/api/posts/${postId}/unpublish`, { as: author });
    expect((await comment(reader, postId)).status).toBe(404);
    await posts.whenIdle();
    expect((await list(postId)).status).toBe(404);
    expect(await seenBy(postId, author)).toEqual([id]);

    await posts.request('POST', `/api/posts/${postId}/publish`, { as: author });
    expect(await seenBy(postId)).toEqual([id]);
    expect((await comment(reader, postId)).status).toBe(201);
  });

  it('takes the comments with it when it is deleted', async () => {
    const postId = await writePost();
    const id = await writeComment(reader, postId);
    await posts.request('DELETE', `/api/posts/${postId}`, { as: author });
    await posts.whenIdle();

    expect(await posts.announced(id)).toEqual([
      'gatehouse.comment.created.v1',
      'gatehouse.comment.deleted.v1',
    ]);
    expect((await list(postId, admin)).status).toBe(404);
  });
});

describe('somebody whose account is deleted', () => {
  it('leaves approved comments without a name, and nothing else', async () => {
    const postId = await writePost();
    const leaver = await posts.signIn();
    const approved = await writeComment(leaver, postId);
    await writeComment(leaver, postId);
    await decide(author, approved, 'approve');
    await posts.announce(UserDeleted, { subject: leaver.id, version: 2, data: { userId: leaver.id } });

    expect((await list(postId, admin)).data).toMatchObject([
      { id: approved, author: { id: leaver.id, fullName: null } },
    ]);
    expect((await comment(leaver, postId)).json.code).toBe('author_deleted');
  });
});
