import type { TestUser } from '@gatehouse/service-kit/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PostsForTests, startPostsForTests } from './posts-for-tests.ts';

let posts: PostsForTests;
let author: TestUser;
let stranger: TestUser;
let admin: TestUser;

beforeAll(async () => {
  posts = await startPostsForTests('posts');
  [author, stranger, admin] = await Promise.all([posts.signIn(), posts.signIn(), posts.signIn('admin')]);
}, 30_000);
afterAll(() => posts.stop());

const text = { title: 'Hello, World!', content: 'Ten characters and more.' };

const write = async (as: TestUser, body: object = {}) =>
  (await posts.request('POST', '/api/posts', { as, body: { ...text, ...body } })).data;

describe('writing a post', () => {
  it('gives its author a draft in full', async () => {
    const { status, headers, data } = await posts.request('POST', '/api/posts', {
      as: author,
      body: { ...text, tags: ['Node', 'node', 'testing'] },
    });

    expect(status).toBe(201);
    expect(data).toEqual({
      id: expect.any(String),
      slug: expect.stringMatching(/^hello-world/),
      title: 'Hello, World!',
      excerpt: 'Ten characters and more.',
      status: 'draft',
      tags: ['Node', 'testing'],
      publishedAt: null,
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      updatedAt: data.createdAt,
      content: text.content,
      author: { id: author.id, fullName: null },
    });
    expect(headers.get('location')).toBe(`/api/posts/${data.id}`);
    expect(await posts.announced(data.id)).toEqual(['gatehouse.post.created.v1']);
  });

  it('publishes an administrator’s, unless it says draft', async () => {
    const published = await write(admin);
    const draft = await write(admin, { status: 'draft' });

    expect(published).toMatchObject({ status: 'published', publishedAt: published.createdAt });
    expect(draft).toMatchObject({ status: 'draft', publishedAt: null });
  });

  it('is not for a user who wants it published at once', async () => {
    const { status, json } = await posts.request('POST', '/api/posts', {
      as: author,
      body: { ...text, status: 'published' },
    });

    expect(status).toBe(403);
    expect(json.code).toBe('forbidden');
  });

  it('needs a verified address, and somebody at all', async () => {
    const unverified = await posts.signIn('user', false);
    const refused = await posts.request('POST', '/api/posts', { as: unverified, body: text });
    const anonymous = await posts.request('POST', '/api/posts', { body: text });

    expect(refused.json).toMatchObject({ status: 403, code: 'email_unverified' });
    expect(anonymous.status).toBe(401);
  });

  it.each([
    ['a title of 2 characters', { title: 'Hi' }, '/title'],
    ['a title of 201 characters', { title: 'x'.repeat(201) }, '/title'],
    ['a title of blanks', { title: '   \u00a0  ' }, '/title'],
    ['a title of two lines', { title: 'two\nlines' }, '/title'],
    ['9 characters', { content: 'too short' }, '/content'],
    ['only blanks', { content: ' '.repeat(20) }, '/content'],
    ['100 001 characters', { content: 'x'.repeat(100_001) }, '/content'],
    ['a NUL', { content: 'ten characters \0 and a NUL' }, '/content'],
    ['21 tags', { tags: Array.from({ length: 21 }, (_, index) => `tag${index}`) }, '/tags'],
    ['a comma in a tag', { tags: ['a,b'] }, '/tags/0'],
    ['an unknown status', { status: 'archived' }, '/status'],
    ['an author of its own', { authorId: '01900000-0000-7000-8000-000000000001' }, '/authorId'],
    ['half a character', { title: 'half a \ud83d smile' }, '/title'],
  ])('is refused with %s', async (_, body, path) => {
    const { status, json } = await posts.request('POST', '/api/posts', {
      as: author,
      body: { ...text, ...body },
    });

    expect(status).toBe(422);
    expect(json.code).toBe('validation_failed');
    expect(json.errors.map((error: { path: string }) => error.path)).toContain(path);
  });

  it('takes 100 000 characters of any kind', async () => {
    const content = '漢字 '.repeat(33_333);

    expect(await write(author, { content })).toMatchObject({ content });
  });

  it('finds a free slug for each of many at once', async () => {
    const written = await Promise.all(
      Array.from({ length: 10 }, () => write(author, { title: 'One title for all' })),
    );
    const slugs = written.map((post) => post.slug);

    expect(new Set(slugs).size).toBe(10);
    expect(slugs).toContain('one-title-for-all');
  });

  it('happens once for one Idempotency-Key', async () => {
    const again = {
      as: author,
      body: { ...text, title: 'Only once' },
      headers: { 'idempotency-key': 'once' },
    };
    const first = await posts.request('POST', '/api/posts', again);
    const second = await posts.request('POST', '/api/posts', again);

    expect(second.status).toBe(201);
    expect(second.data).toEqual(first.data);
    expect(second.headers.get('idempotency-replayed')).toBe('true');
  });
});

describe('reading a post', () => {
  it('gives the content and the author to who is signed in, the excerpt to others', async () => {
    const { id, slug } = await write(admin, { content: 'word '.repeat(100) });

    const full = await posts.request('GET', `/api/posts/${id}`, { as: stranger });
    const excerpt = await posts.request('GET', `/api/posts/${id}`);
    const bySlug = await posts.request('GET', `/api/posts/slug/${slug}`);

    expect(full.data).toMatchObject({ content: 'word '.repeat(100), author: { id: admin.id } });
    expect(full.headers.get('etag')).toBe('"1-full-unnamed"');
    expect(excerpt.headers.get('etag')).toBe('"1-excerpt"');
    expect(excerpt.headers.get('vary')).toMatch(/authorization/i);
    expect(Object.keys(excerpt.data).sort()).toEqual(
      ['createdAt', 'excerpt', 'id', 'publishedAt', 'slug', 'status', 'tags', 'title', 'updatedAt'].sort(),
    );
    expect(excerpt.data.excerpt.length).toBeLessThanOrEqual(200);
    expect(bySlug.data).toEqual(excerpt.data);
  });

  it('answers 304 to who has this version in this view', async () => {
    const { id } = await write(admin);
    const known = { 'if-none-match': '"1-excerpt"' };

    expect((await posts.request('GET', `/api/posts/${id}`, { headers: known })).status).toBe(304);
    expect((await posts.request('GET', `/api/posts/${id}`, { as: stranger, headers: known })).status).toBe(
      200,
    );
  });

  it('shows a draft to its author and administrators alone', async () => {
    const { id, slug } = await write(author);

    expect((await posts.request('GET', `/api/posts/${id}`, { as: author })).status).toBe(200);
    expect((await posts.request('GET', `/api/posts/${id}`, { as: admin })).status).toBe(200);
    expect((await posts.request('GET', `/api/posts/${id}`, { as: stranger })).status).toBe(404);
    expect((await posts.request('GET', `/api/posts/slug/${slug}`)).status).toBe(404);
  });

  it.each([
    '/api/posts/7',
    '/api/posts/01900000-0000-7000-8000-00000000dead',
    '/api/posts/slug/no-such-slug',
  ])('is 404 for %s', async (path) => {
    expect((await posts.request('GET', path)).json).toMatchObject({ status: 404, code: 'not_found' });
  });
});
