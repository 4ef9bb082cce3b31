import { UserDeleted } from '@gatehouse/contracts';
import type { TestUser } from '@gatehouse/service-kit/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PostsForTests, startPostsForTests } from '../../src/posts-for-tests.ts';

let posts: PostsForTests;
let author: TestUser;
let reader: TestUser;

beforeAll(async () => {
  posts = await startPostsForTests('comments_switch');
  [author, reader] = await Promise.all([posts.signIn('admin'), posts.signIn()]);
}, 30_000);
afterAll(() => posts.stop());

const writePost = async (): Promise<string> => {
  const body = { title: 'Something to talk about', content: 'Ten characters and more.' };
  return (await posts.request('POST', '/api/posts', { as: author, body })).data.id;
};
const writeComment = async (as: TestUser, postId: string): Promise<string> => {
  const { data } = await posts.request('POST', '/api/comments', {
    as,
    body: { postId, content: 'Well said.' },
  });
  return data.id;
};
const list = (postId: string, as?: TestUser) =>
  posts.request('GET', `/api/comments?postId=${postId}`, as && { as });

describe('the comments plugin, switched off', () => {
  it('has no routes, no middleware and no listeners, and keeps its data for when it is on again', async () => {
    const kept = await writePost();
    const comment = await writeComment(author, kept);

    expect((await posts.plugin('deactivate')).status).toBe(200);
    expect((await list(kept)).json).toMatchObject({ status: 404, code: 'not_found' });
    expect((await posts.request('PATCH', `/api/comments/${comment}`, { as: author, body: {} })).status).toBe(
      404,
    );
    expect((await posts.request('GET', `/api/posts/${kept}`)).headers.get('link')).toBeNull();

    expect((await posts.plugin('activate')).status).toBe(200);
    expect((await list(kept)).data).toMatchObject([{ id: comment }]);
    expect((await posts.request('GET', `/api/posts/${kept}`)).headers.get('link')).toContain('replies');
  });

  it('makes up for everything that it did not hear, once it is on again', async () => {
    const [deleted, withdrawn, commented] = [await writePost(), await writePost(), await writePost()];
    const leaver = await posts.signIn();
    const [onDeleted, onWithdrawn, byLeaver] = [
      await writeComment(author, deleted),
      await writeComment(author, withdrawn),
      await writeComment(leaver, commented),
    ];

    await posts.plugin('deactivate');
    await posts.request('DELETE', `/api/posts/${deleted}`, { as: author });
    await posts.request('POST', `/api/posts/${withdrawn}/unpublish`, { as: author });
    await posts.announce(UserDeleted, { subject: leaver.id, version: 2, data: { userId: leaver.id } });
    expect(await posts.announced(onDeleted)).toEqual(['gatehouse.comment.created.v1']);
    await posts.plugin('activate');

    expect(await posts.announced(onDeleted)).toEqual([
      'gatehouse.comment.created.v1',
      'gatehouse.comment.deleted.v1',
    ]);
    expect(await posts.announced(byLeaver)).toEqual([
      'gatehouse.comment.created.v1',
      'gatehouse.comment.deleted.v1',
    ]);
    expect((await list(withdrawn, reader)).status).toBe(404);
    expect((await list(withdrawn, author)).data).toMatchObject([{ id: onWithdrawn }]);
  });

  it('listens again', async () => {
    const postId = await writePost();
    const comment = await writeComment(author, postId);
    await posts.plugin('deactivate');
    await posts.plugin('activate');
    await posts.request('DELETE', `/api/posts/${postId}`, { as: author });
    await posts.whenIdle();

    expect(await posts.announced(comment)).toEqual([
      'gatehouse.comment.created.v1',
      'gatehouse.comment.deleted.v1',
    ]);
  });
});
