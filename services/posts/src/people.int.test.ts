import { UserDeleted, UserRegistered, UserUpdated } from '@gatehouse/contracts';
import type { TestUser } from '@gatehouse/service-kit/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PostsForTests, startPostsForTests } from './posts-for-tests.ts';

let posts: PostsForTests;
let reader: TestUser;

beforeAll(async () => {
  posts = await startPostsForTests('people');
  reader = await posts.signIn();
}, 30_000);
afterAll(() => posts.stop());

const register = ({ id }: TestUser, version = 1) =>
  posts.announce(UserRegistered, {
    subject: id,
    version,
    data: {
      userId: id,
      email: 'ada@example.org',
      firstName: 'Ada',
      lastName: 'Lovelace',
      fullName: 'Ada Lovelace',
      role: 'user',
      status: 'active',
    },
  });

const rename = ({ id }: TestUser, fullName: string, version: number) =>
  posts.announce(UserUpdated, {
    subject: id,
    version,
    data: { userId: id, firstName: 'Ada', lastName: 'King', fullName },
  });

const leave = ({ id }: TestUser, version: number) =>
  posts.announce(UserDeleted, { subject: id, version, data: { userId: id } });

const write = async (as: TestUser, isPublished = true): Promise<string> => {
  const body = { title: 'Notes on the engine', content: 'Ten characters and more.' };
  const { data } = await posts.request('POST', '/api/posts', { as, body });
  if (isPublished) await posts.request('POST', `/api/posts/${data.id}/publish`, { as });
  return data.id;
};

const read = (id: string) => posts.request('GET', `/api/posts/${id}`, { as: reader });

describe('the name of an author', () => {
  it('is null until it has been heard of', async () => {
    const author = await posts.signIn();
    const id = await write(author);
    const before = await read(id);
    await register(author);
    const after = await read(id);

    expect(before.data.author).toEqual({ id: author.id, fullName: null });
    expect(after.data.author).toEqual({ id: author.id, fullName: 'Ada Lovelace' });
    expect(after.headers.get('etag')).toBe('"2-full"');
    expect(before.headers.get('etag')).not.toBe(after.headers.get('etag'));
  });

  it('follows the person, and gives the view another tag', async () => {
    const author = await posts.signIn();
    await register(author);
    const id = await write(author);
    await rename(author, 'Ada King', 2);
    const { data, headers } = await read(id);

    expect(data.author.fullName).toBe('Ada King');
    expect(headers.get('etag')).toBe('"2-full-1"');
  });

  it('never goes back to an older one', async () => {
    const author = await posts.signIn();
    await rename(author, 'Ada King', 3);
    await register(author, 1);
    await rename(author, 'Ada Byron', 2);

    expect((await read(await write(author))).data.author.fullName).toBe('Ada King');
  });
});

describe('an author whose account is deleted', () => {
  it('leaves published posts without a name, and no drafts', async () => {
    const author = await posts.signIn();
    await register(author);
    const published = await write(author);
    const draft = await write(author, false);
    await leave(author, 2);

    expect((await read(published)).data.author).toEqual({ id: author.id, fullName: null });
    expect((await posts.request('GET', `/api/posts/${draft}`, { as: author })).status).toBe(404);
    expect(await posts.announced(draft)).toEqual(['gatehouse.post.created.v1', 'gatehouse.post.deleted.v1']);
  });

  it('stays nameless, whatever is heard late', async () => {
    const author = await posts.signIn();
    const id = await write(author);
    await leave(author, 5);
    await register(author, 1);
    await rename(author, 'Ada King', 9);

    expect((await read(id)).data.author.fullName).toBeNull();
  });

  it('writes no more', async () => {
    const author = await posts.signIn();
    await leave(author, 2);
    const { json } = await posts.request('POST', '/api/posts', {
      as: author,
      body: { title: 'From beyond', content: 'Ten characters and more.' },
    });

    expect(json).toMatchObject({ status: 403, code: 'author_deleted' });
  });
});
