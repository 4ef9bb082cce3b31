import type { TestUser } from '@gatehouse/service-kit/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PostsForTests, startPostsForTests } from './posts-for-tests.ts';

let posts: PostsForTests;
let author: TestUser;
let stranger: TestUser;
let admin: TestUser;

beforeAll(async () => {
  posts = await startPostsForTests('post_changes');
  [author, stranger, admin] = await Promise.all([posts.signIn(), posts.signIn(), posts.signIn('admin')]);
}, 30_000);
afterAll(() => posts.stop());

const text = { title: 'Hello, World!', content: 'Ten characters and more.' };

const write = async (as: TestUser, body: object = {}) =>
  (await posts.request('POST', '/api/posts', { as, body: { ...text, ...body } })).data;

describe('changing a post', () => {
  it.each(['PATCH', 'PUT'])('%s changes what is given, keeps the slug and says so', async (method) => {
    const { id, slug } = await write(author, { tags: ['kept'] });
    const { status, data, headers } = await posts.request(method, `/api/posts/${id}`, {
      as: author,
      body: { title: 'Another title', content: 'Another content.' },
      headers: { 'if-match': '"1-full"' },
    });

    expect(status).toBe(200);
    expect(data).toMatchObject({ slug, title: 'Another title', excerpt: 'Another content.', tags: ['kept'] });
    expect(headers.get('etag')).toMatch(/^"2-/);
    expect(await posts.announced(id)).toEqual(['gatehouse.post.created.v1', 'gatehouse.post.updated.v1']);
  });

  it('says nothing when nothing changes', async () => {
    const { id } = await write(author);
    const { headers } = await posts.request('PATCH', `/api/posts/${id}`, { as: author, body: text });

    expect(headers.get('etag')).toMatch(/^"1-/);
    expect(await posts.announced(id)).toEqual(['gatehouse.post.created.v1']);
  });

  it('lets one of two changes of the same version win', async () => {
    const { id } = await write(author);
    const change = (title: string) =>
      posts.request('PATCH', `/api/posts/${id}`, {
        as: author,
        body: { title },
        headers: { 'if-match': '"1-full"' },
      });
    const both = await Promise.all([change('First title'), change('Second title')]);

    expect(both.map(({ status }) => status).sort()).toEqual([200, 412]);
    expect(both.find(({ status }) => status === 412)?.json.code).toBe('precondition_failed');
  });

  it('is for its author and administrators', async () => {
    const draft = await write(author);
    const published = await write(admin);
    const change = { body: { title: 'Mine now' } };

    expect((await posts.request('PATCH', `/api/posts/${draft.id}`, { ...change, as: stranger })).status).toBe(
      404,
    );
    expect(
      (await posts.request('PATCH', `/api/posts/${published.id}`, { ...change, as: author })).status,
    ).toBe(403);
    expect((await posts.request('PATCH', `/api/posts/${draft.id}`, { ...change, as: admin })).status).toBe(
      200,
    );
    expect((await posts.request('PATCH', `/api/posts/${draft.id}`, change)).status).toBe(401);
  });

  it.each(['status', 'authorId', 'slug', 'publishedAt'])('never sets %s', async (field) => {
    const { id } = await write(author);
    const { status, json } = await posts.request('PATCH', `/api/posts/${id}`, {
      as: author,
      body: { [field]: 'published' },
    });

    expect(status).toBe(422);
    expect(json.errors).toMatchObject([{ path: `/${field}` }]);
  });
});

describe('publishing', () => {
  it('lets everyone read it, and takes it back', async () => {
    const { id } = await write(author);

    const published = await posts.request('POST', `/api/posts/${id}/publish`, { as: author });
    expect(published.data).toMatchObject({ status: 'published', publishedAt: expect.any(String) });
    expect((await posts.request('GET', `/api/posts/${id}`)).status).toBe(200);

    const again = await posts.request('POST', `/api/posts/${id}/publish`, { as: author });
    expect(again.headers.get('etag')).toBe(published.headers.get('etag'));

    const draft = await posts.request('POST', `/api/posts/${id}/unpublish`, { as: admin });
    expect(draft.data).toMatchObject({ status: 'draft', publishedAt: null });
    expect((await posts.request('GET', `/api/posts/${id}`)).status).toBe(404);
    expect(await posts.announced(id)).toEqual([
      'gatehouse.post.created.v1',
      'gatehouse.post.published.v1',
      'gatehouse.post.unpublished.v1',
    ]);
  });

  it('is not for strangers', async () => {
    const { id } = await write(author);

    expect((await posts.request('POST', `/api/posts/${id}/publish`, { as: stranger })).status).toBe(404);
  });
});

describe('many posts with the same tags at once', () => {
  it('are all published, and counted', async () => {
    const tags = ['crowd', 'queue', 'throng'];
    const written = await Promise.all(
      Array.from({ length: 16 }, (_, index) =>
        write(author, { tags: index % 2 === 0 ? tags : tags.toReversed() }),
      ),
    );
    const published = await Promise.all(
      written.map(({ id }) => posts.request('POST', `/api/posts/${id}/publish`, { as: author })),
    );
    const counted = await posts.request('GET', '/api/tags');

    expect(published.map(({ status }) => status)).toEqual(written.map(() => 200));
    expect(counted.data).toEqual(expect.arrayContaining(tags.map((tag) => ({ tag, count: 16 }))));
  });
});

describe('deleting', () => {
  it('is for good, and said', async () => {
    const { id } = await write(author);

    expect((await posts.request('DELETE', `/api/posts/${id}`, { as: stranger })).status).toBe(404);
    expect(
      (await posts.request('DELETE', `/api/posts/${id}`, { as: author, headers: { 'if-match': '"7-full"' } }))
        .status,
    ).toBe(412);
    expect((await posts.request('DELETE', `/api/posts/${id}`, { as: author })).status).toBe(204);
    expect((await posts.request('GET', `/api/posts/${id}`, { as: author })).status).toBe(404);
    expect(await posts.announced(id)).toEqual(['gatehouse.post.created.v1', 'gatehouse.post.deleted.v1']);
  });
});
