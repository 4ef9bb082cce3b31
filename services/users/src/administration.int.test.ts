import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { administrator, ann, startUsersForTests, type UsersForTests } from './users-for-tests.ts';

let users: UsersForTests;
let token: string;
const ids: string[] = [];

beforeAll(async () => {
  users = await startUsersForTests('users administration');
  token = (await users.signIn(administrator)).accessToken;
  for (const firstName of ['Ann', 'Bob', 'Cy'])
    ids.push((await users.register({ firstName, email: `${firstName.toLowerCase()}@example.com` })).data.id);
});
afterAll(() => users.stop());

const get = (path: string) => users.request('GET', path, { token });
const patch = (id: string | undefined, body: object) =>
  users.request('PATCH', `/api/users/${id}`, { token, body });
const emailsOf = (answer: { data: readonly { email: string }[] }) => answer.data.map(({ email }) => email);
/** The read model follows the streams by itself. */
const untilListed = (path: string, emails: readonly string[]) =>
  expect.poll(async () => emailsOf(await get(path)), { timeout: 10_000, interval: 50 }).toEqual(emails);

describe('the list of accounts', () => {
  it('is newest first, page by page and by cursor', async () => {
    await untilListed('/api/users', [
      'cy@example.com',
      'bob@example.com',
      'ann@example.com',
      administrator.email,
    ]);

    const second = await get('/api/users?page=2&limit=2');
    expect(emailsOf(second)).toEqual(['ann@example.com', administrator.email]);
    expect(second.json.meta).toEqual({ total: 4, page: 2, limit: 2, totalPages: 2, nextCursor: null });

    const first = await get('/api/users?limit=2');
    const next = await get(`/api/users?limit=2&cursor=${first.json.meta.nextCursor}`);
    expect(emailsOf(next)).toEqual(emailsOf(second));
  });

  it('is filtered', async () => {
    const { data } = await get(`/api/users/${ids[0]}`);
    await untilListed('/api/users?q=BOB', ['bob@example.com']);
    await untilListed(`/api/users?createdAfter=${data.createdAt}`, ['cy@example.com', 'bob@example.com']);
    await untilListed(`/api/users?createdBefore=${data.createdAt}`, [administrator.email]);
    await untilListed('/api/users?q=%25', []);

    await patch(ids[1], { isActive: false });
    await untilListed('/api/users?isActive=false', ['bob@example.com']);
    await patch(ids[1], { isActive: true });
  });

  it.each([
    'isActive=maybe',
    'createdAfter=yesterday',
    'createdAfter=0000-01-01T00:00:00Z',
    'createdBefore=9999-12-31T23:59:59-23:59',
    'q=%00',
    'unknown=1',
    'page=0',
    'page=200&limit=100',
    'cursor=x',
  ])('refuses %s', async (query) => expect((await get(`/api/users?${query}`)).status).toBe(422));
});

describe('administering an account over HTTP', () => {
  it('gives a role: former tokens are out, the next ones carry it', async () => {
    const person = { ...ann, email: 'ann@example.com' };
    const former = await users.signIn(person);
    expect((await patch(ids[0], { role: 'admin' })).data).toMatchObject({ role: 'admin' });

    const next = await users.request('POST', '/api/auth/refresh', {
      body: { refreshToken: former.refreshToken },
    });
    expect((await users.request('GET', '/api/users', { token: next.data.accessToken })).status).toBe(200);
    await expect
      .poll(async () => (await users.request('GET', '/api/users/me', { token: former.accessToken })).status, {
        timeout: 10_000,
      })
      .toBe(401);
    expect((await users.request('GET', '/api/users/me', { token: next.data.accessToken })).status).toBe(200);
    await patch(ids[0], { role: 'user' });
  });

  it('closes an account: nobody signs in with it', async () => {
    expect((await patch(ids[2], { isActive: false })).data).toMatchObject({
      isActive: false,
      status: 'deactivated',
    });
    const body = { email: 'cy@example.com', password: ann.password };
    expect((await users.request('POST', '/api/auth/login', { body })).status).toBe(401);

    expect((await patch(ids[2], { isActive: true })).data).toMatchObject({ status: 'pending_verification' });
    expect((await users.request('POST', '/api/auth/login', { body })).status).toBe(200);
  });

  it('keeps the last administrator', async () => {
    const { data } = await get('/api/users/me');

    expect((await patch(data.id, { role: 'user' })).json.code).toBe('last_administrator');
  });

  it('leaves an audit trail that says who and in which request', async () => {
    const { data: root } = await get('/api/users/me');
    const headers = { 'x-request-id': 'an-audited-request' };
    await users.request('PATCH', `/api/users/${ids[1]}`, { token, body: { role: 'admin' }, headers });
    const { data, json } = await get(`/api/users/${ids[1]}/audit?limit=1`);

    expect(data).toEqual([
      {
        ...{ id: expect.any(String), version: expect.any(Number), action: 'user-role-changed' },
        ...{ at: expect.any(String), by: root.id, correlationId: 'an-audited-request' },
      },
    ]);
    expect(json.meta.total).toBe(data[0].version);
  });

  it.each([
    ['GET', '/api/users'],
    ['GET', '/api/users/:id'],
    ['PATCH', '/api/users/:id'],
    ['GET', '/api/users/:id/audit'],
  ])('is for administrators alone: %s %s', async (method, pattern) => {
    const { accessToken } = await users.signIn({ ...ann, email: 'cy@example.com' });
    const path = pattern.replace(':id', ids[0] ?? '');
    const body = method === 'PATCH' ? { body: { role: 'admin' } } : {};

    expect((await users.request(method, path, { token: accessToken, ...body })).status).toBe(403);
    expect((await users.request(method, path, body)).status).toBe(401);
  });

  it.each(['01900000-0000-7000-8000-0000000000ff', 'nobody'])('does not know %s', async (id) => {
    expect((await get(`/api/users/${id}`)).status).toBe(404);
    expect((await get(`/api/users/${id}/audit`)).status).toBe(404);
    expect((await patch(id, { isActive: false })).status).toBe(404);
  });
});
