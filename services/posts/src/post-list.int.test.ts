import type { TestUser } from '@gatehouse/service-kit/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PostsForTests, startPostsForTests } from './posts-for-tests.ts';

let posts: PostsForTests;
let author: TestUser;
let admin: TestUser;
let published: readonly string[];

const write = async (as: TestUser, title: string, more: object = {}): Promise<string> =>
  (
    await posts.request('POST', '/api/posts', {
      as,
      body: { title, content: `About ${title}.`.padEnd(20), ...more },
    })
  ).data.id;

const list = (query: string, as?: TestUser) => posts.request('GET', `/api/posts${query}`, as && { as });
const ids = (items: readonly { id: string }[]): readonly string[] => items.map(({ id }) => id);

beforeAll(async () => {
  posts = await startPostsForTests('post_list');
  [author, admin] = await Promise.all([posts.signIn(), posts.signIn('admin')]);
  const written: string[] = [];
  for (const [title, tags] of [
    ['Gatehouse', ['Node', 'news']],
    ['A gate in the house', ['news']],
    ['Queues', ['node', 'rabbit']],
    ['Registries', []],
    ['Gatehouse and the gatehouse', ['rabbit']],
  ] as const) {
    written.unshift(await write(admin, title, { tags }));
  }
  published = written;
}, 30_000);
afterAll(() => posts.stop());

describe('a list of posts', () => {
  it('has the published ones, newest first, without content', async () => {
    const { status, data, meta } = await list('');

    expect(status).toBe(200);
    expect(ids(data)).toEqual(published);
    expect(data[0]).not.toHaveProperty('content');
    expect(meta).toEqual({ total: 5, page: 1, limit: 10, totalPages: 1, nextCursor: null });
  });

  it('has pages', async () => {
    const { data, meta } = await list('?page=2&limit=2');

    expect(ids(data)).toEqual(published.slice(2, 4));
    expect(meta).toMatchObject({ total: 5, page: 2, limit: 2, totalPages: 3 });
  });

  it.each([
    ['', (all: readonly string[]) => all],
    ['&sort=createdAt', (all: readonly string[]) => all.toReversed()],
    ['&sort=-publishedAt', (all: readonly string[]) => all],
    ['&sort=updatedAt', (all: readonly string[]) => all.toReversed()],
  ])('goes on from its cursor to its end%s', async (sort, expected) => {
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const { data, meta } = await list(`?limit=2${sort}${cursor && `&cursor=${cursor}`}`);
      seen.push(...ids(data));
      cursor = meta.nextCursor;
    }

    expect(seen).toEqual(expected(published));
  });

  it('matches any of the tags, in any case', async () => {
    expect(ids((await list('?tags=NODE')).data)).toEqual([published[2], published[4]]);
    expect(ids((await list('?tags=rabbit,news')).data)).toEqual(
      [0, 2, 3, 4].map((index) => published[index]),
    );
    expect((await list('?tags=nobody')).meta).toMatchObject({ total: 0, totalPages: 0, nextCursor: null });
  });

  it('can be of one author', async () => {
    expect(ids((await list(`?authorId=${admin.id}`)).data)).toEqual(published);
    expect((await list(`?authorId=${author.id}`)).data).toEqual([]);
  });

  it.each([
    '?page=0',
    '?limit=101',
    '?page=101&limit=100',
    '?cursor=nonsense',
    `?cursor=${Buffer.from('{"sort":"-createdAt","at":"0000-01-01T00:00:00Z","id":"x"}').toString('base64url')}`,
    '?sort=title',
    '?sort=relevance',
    '?status=archived',
    '?authorId=me',
    '?unknown=1',
    '?q=',
    '?tags=',
  ])('refuses %s', async (query) => {
    expect((await list(query)).json).toMatchObject({ status: 422, code: 'validation_failed' });
  });

  it('refuses the cursor of another order', async () => {
    const { meta } = await list('?limit=2');

    expect((await list(`?limit=2&sort=createdAt&cursor=${meta.nextCursor}`)).json.errors).toMatchObject([
      { path: '/cursor' },
    ]);
  });
});

describe('a list of drafts', () => {
  it('has one’s own, and all of them for an administrator', async () => {
    const other = await posts.signIn();
    const own = await write(author, 'A draft of mine');
    const foreign = await write(other, 'A draft of another');

    expect(ids((await list('?status=draft', author)).data)).toEqual([own]);
    expect((await list(`?status=draft&authorId=${other.id}`, author)).data).toEqual([]);
    expect((await list('?status=draft')).data).toEqual([]);
    expect(ids((await list('?status=draft', admin)).data)).toEqual([foreign, own]);
    expect(ids((await list(`?status=draft&authorId=${author.id}`, admin)).data)).toEqual([own]);
  });
});

describe('a search', () => {
  it('puts the best match first', async () => {
    const { data, meta } = await list('?q=gatehouse');

    expect(ids(data)).toEqual([published[0], published[4]]);
    expect(meta).toMatchObject({ total: 2, totalPages: 1, nextCursor: null });
  });

  it('goes on from its cursor', async () => {
    const first = await list('?q=gatehouse&limit=1');
    const second = await list(`?q=gatehouse&limit=1&cursor=${first.meta.nextCursor}`);

    expect(ids([...first.data, ...second.data])).toEqual([published[0], published[4]]);
    expect(second.meta.nextCursor).toBeNull();
  });

  it.each([1e-320, 1e-45, 0, 1e-7, 1_000])('goes on after a rank of %d', async (rank) => {
    const place = { rank, at: '2026-01-01T00:00:00.000Z', id: author.id };
    const cursor = Buffer.from(JSON.stringify(place)).toString('base64url');

    expect((await list(`?q=gatehouse&cursor=${cursor}`)).json).toHaveProperty('data');
  });

  it('can be sorted by time, and filtered', async () => {
    expect(ids((await list('?q=gatehouse&sort=createdAt')).data)).toEqual([published[4], published[0]]);
    expect(ids((await list('?q=gatehouse&tags=news')).data)).toEqual([published[4]]);
  });

  it.each([`'; drop table posts; --`, 'the', '"a gate" -house | & ! <-> ((', '漢字'])(
    'takes %j as words',
    async (q) => {
      expect((await list(`?q=${encodeURIComponent(q)}`)).status).toBe(200);
    },
  );
});

describe('the tags', () => {
  it('are those of published posts with their counts, most used first', async () => {
    await write(author, 'A draft with tags', { tags: ['node', 'hidden'] });

    expect((await posts.request('GET', '/api/tags')).data).toEqual([
      { tag: 'news', count: 2 },
      { tag: 'Node', count: 2 },
      { tag: 'rabbit', count: 2 },
    ]);
  });

  it('follow every change of a post', async () => {
    const count = async (tag: string) =>
      (await posts.request('GET', '/api/tags')).data.find((counted: { tag: string }) => counted.tag === tag)
        ?.count;
    const id = await write(author, 'Tagged', { tags: ['one', 'two'] });

    await posts.request('POST', `/api/posts/${id}/publish`, { as: author });
    expect([await count('one'), await count('two')]).toEqual([1, 1]);
    await posts.request('PATCH', `/api/posts/${id}`, { as: author, body: { tags: ['two', 'three'] } });
    expect([await count('one'), await count('two'), await count('three')]).toEqual([undefined, 1, 1]);
    await posts.request('POST', `/api/posts/${id}/unpublish`, { as: author });
    expect(await count('two')).toBeUndefined();
    await posts.request('POST', `/api/posts/${id}/publish`, { as: author });
    await posts.request('DELETE', `/api/posts/${id}`, { as: author });
    expect(await count('two')).toBeUndefined();
  });
});
