import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { administrator, ann, startUsersForTests, type UsersForTests } from './users-for-tests.ts';

let users: UsersForTests;
let token: string;
let id: string;

beforeAll(async () => {
  users = await startUsersForTests('users api keys');
  id = (await users.register()).data.id;
  token = (await users.signIn(ann)).accessToken;
});
afterAll(() => users.stop());

const path = '/api/users/me/api-keys';
const create = (body: object = {}, as = token) =>
  users.request('POST', path, { token: as, body: { name: 'backup', scopes: ['profile:read'], ...body } });
const exchange = (key: string) => users.internal('POST', '/internal/api-keys/exchange', { key });
const me = (as: string) => users.request('GET', '/api/users/me', { token: as });

describe('authentication: API keys at the users service', () => {
  it('are made, listed and read without the key, which is shown once', async () => {
    const made = await create({ scopes: ['posts:read', 'profile:read'] });
    const { key, ...apiKey } = made.data;

    expect(made.status).toBe(201);
    expect(made.headers.get('cache-control')).toBe('no-store');
    expect(key).toMatch(/^ghk_[\w-]{43}$/);
    expect(apiKey).toEqual({
      ...{ id: expect.any(String), name: 'backup', scopes: ['posts:read', 'profile:read'] },
      ...{ createdAt: expect.any(String), expiresAt: null, lastUsedAt: null },
    });
    expect((await users.request('GET', path, { token })).data).toEqual([apiKey]);
    expect((await users.request('GET', `${path}/${apiKey.id}`, { token })).data).toEqual(apiKey);
  });

  it('are exchanged for a scoped JWT of 60 s, by services alone', async () => {
    const { key, id: apiKeyId } = (await create()).data;
    const { status, data, headers } = await exchange(key);
    const claims = JSON.parse(Buffer.from(data.accessToken.split('.')[1], 'base64url').toString());

    expect([status, data.expiresIn, headers.get('cache-control')]).toEqual([200, 60, 'no-store']);
    expect(claims).toMatchObject({
      ...{ sub: id, sid: apiKeyId, api_key_id: apiKeyId, scope: 'profile:read', role: 'user' },
      exp: Math.floor(claims.iat) + 60,
    });
    expect((await me(data.accessToken)).data).toMatchObject({ id });
    const outside = await users.request('POST', '/internal/api-keys/exchange', { token, body: { key } });
    expect(outside.status).toBe(401);
  });

  it('do what their scopes say and nothing else', async () => {
    const { accessToken } = (await exchange((await create()).data.key)).data;
    const patch = await users.request('PATCH', '/api/users/me', { token: accessToken, body: {} });

    expect([patch.status, patch.json.code]).toEqual([403, 'forbidden']);
  });

  it('never have an end after their own, and are no good then', async () => {
    const expiresAt = new Date(Date.now() + 20_000).toISOString();
    const { data } = await exchange((await create({ expiresAt })).data.key);

    expect(data.expiresIn).toBeLessThanOrEqual(20);
  });

  it('make no others, whatever their scopes', async () => {
    const root = (await users.signIn(administrator)).accessToken;
    const { key } = (await create({ scopes: ['*:*'] }, root)).data;
    const { accessToken } = (await exchange(key)).data;

    for (const [method, where] of [
      ['POST', path],
      ['GET', path],
      ['GET', `${path}/${id}`],
      ['DELETE', `${path}/${id}`],
    ] as const) {
      const body = method === 'POST' ? { name: 'more', scopes: ['posts:read'] } : undefined;
      const { status, json } = await users.request(method, where, { token: accessToken, body });
      expect([where, status, json.code]).toEqual([where, 403, 'forbidden']);
    }
    expect((await users.request('GET', '/api/users', { token: accessToken })).status).toBe(200);
  });

  it('that an administrator has narrowed are no administrators', async () => {
    const root = (await users.signIn(administrator)).accessToken;
    const { key } = (await create({ scopes: ['posts:read'] }, root)).data;
    const { accessToken } = (await exchange(key)).data;

    expect((await users.request('GET', '/api/users', { token: accessToken })).status).toBe(403);
  });

  it('that are taken back are out at once for exchanges, and within 5 s for their tokens', async () => {
    const made = (await create()).data;
    const { accessToken } = (await exchange(made.key)).data;
    expect((await me(accessToken)).status).toBe(200);

    expect((await users.request('DELETE', `${path}/${made.id}`, { token })).status).toBe(204);
    const refused = await exchange(made.key);
    expect([refused.status, refused.json.code]).toEqual([422, 'invalid_token']);
    await expect.poll(async () => (await me(accessToken)).status, { timeout: 5_000, interval: 50 }).toBe(401);
    const { data } = await users.internal('GET', '/internal/revocations');
    expect(data.revocations).toContainEqual({ sid: made.id, until: expect.any(Number) });
    expect(await users.announced()).toContainEqual(
      expect.objectContaining({
        type: 'gatehouse.api_key.revoked.v1',
        subject: made.id,
        data: { apiKeyId: made.id, userId: id },
      }),
    );
  });

  it.each([
    ['a scope beyond the owner', { scopes: ['users:read'] }, '/scopes/0'],
    ['every scope', { scopes: ['*:*'] }, '/scopes/0'],
    ['no scope', { scopes: [] }, '/scopes'],
    ['an end in the past', { expiresAt: '2020-01-01T00:00:00Z' }, '/expiresAt'],
    ['an end that is none', { expiresAt: 'tomorrow' }, '/expiresAt'],
    ['a field that nobody may set', { userId: 'x' }, ''],
  ])('are refused with %s', async (_, body, field) => {
    const { status, json } = await create(body);

    expect([status, json.code]).toEqual([422, 'validation_failed']);
    expect(json.errors.map(({ path: where }: { path: string }) => where)).toEqual([
      expect.stringContaining(field),
    ]);
  });

  it('stand in the audit trail, and no key in any log or event', async () => {
    const { key, id: apiKeyId } = (await create({ name: 'audited' })).data;
    await exchange(key);
    await users.request('DELETE', `${path}/${apiKeyId}`, { token });
    const root = (await users.signIn(administrator)).accessToken;
    const audit = await users.request('GET', `/api/users/${id}/audit?limit=2`, { token: root });

    expect(audit.data.map(({ action }: { action: string }) => action)).toEqual([
      'user-api-key-revoked',
      'user-api-key-created',
    ]);
    expect(JSON.stringify([users.logger.lines, await users.announced()])).not.toContain(key);
  });
});
