import { type ExportedUser, exportedUser } from '@gatehouse/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { administrator, ann, startUsersForTests, type UsersForTests } from './users-for-tests.ts';

let users: UsersForTests;
let token: string;
const ids: Record<string, string> = {};

beforeAll(async () => {
  users = await startUsersForTests('users export');
  token = (await users.signIn(administrator)).accessToken;
  for (const name of ['ann', 'bob', 'cy', 'dee'])
    ids[name] = (await users.register({ firstName: name, email: `${name}@example.com` })).data.id;

  const asCy = (await users.signIn({ ...ann, email: 'cy@example.com' })).accessToken;
  await users.request('DELETE', '/api/users/me', { token: asCy });
  await users.request('PATCH', `/api/users/${ids.bob}`, { token, body: { isActive: false } });
});
afterAll(() => users.stop());

const page = (query = '') => users.internal('GET', `/internal/users/export${query}`);
const readAll = async (limit: number): Promise<readonly ExportedUser[]> => {
  const items: ExportedUser[] = [];
  let after: string | null = null;
  do {
    const { data, meta } = await page(`?limit=${limit}${after === null ? '' : `&after=${after}`}`);
    expect(data.length).toBeLessThanOrEqual(limit);
    items.push(...data);
    after = meta.nextCursor;
  } while (after !== null);
  return items;
};

describe('the export of accounts', () => {
  it('has each as it is now, with the version of its newest event, and the tombstones', async () => {
    const { data, meta } = await page();
    const find = (name: string) => data.find(({ id }: ExportedUser) => id === ids[name]);

    expect(meta).toEqual({ nextCursor: null });
    expect(data).toHaveLength(5);
    expect(data.map((item: unknown) => exportedUser.strict().parse(item))).toEqual(data);
    expect(find('ann')).toEqual({
      id: ids.ann,
      firstName: 'ann',
      lastName: 'Miller',
      fullName: 'ann Miller',
      status: 'pending_verification',
      isActive: true,
      aggregateversion: 1,
    });
    expect(find('bob')).toMatchObject({ status: 'deactivated', isActive: false, aggregateversion: 2 });
    expect(find('cy')).toEqual({
      id: ids.cy,
      firstName: '',
      lastName: '',
      fullName: '',
      status: 'deleted',
      isActive: false,
      aggregateversion: 3,
    });

    const announced = (await users.announced()).filter(({ subject }) => subject === ids.cy);
    expect(announced.at(-1)).toMatchObject({ type: 'gatehouse.user.deleted.v1', aggregateVersion: 3 });
  });

  it.each([1, 2, 4, 5, 500])('is the same in pages of %i', async (limit) => {
    expect(await readAll(limit)).toEqual((await page()).data);
  });

  it('is for parts of Gatehouse alone', async () => {
    expect((await users.request('GET', '/internal/users/export', { token })).status).toBe(401);
    expect((await users.request('GET', '/internal/users/export')).status).toBe(401);
  });

  it.each(['limit=0', 'limit=501', 'after=x', 'page=1'])('refuses %s', async (query) => {
    expect((await page(`?${query}`)).status).toBe(422);
  });
});
