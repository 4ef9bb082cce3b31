import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { administrator, ann, startUsersForTests, type UsersForTests } from './users-for-tests.ts';

let users: UsersForTests;
let count = 0;
let person: typeof ann;
let id: string;

beforeAll(async () => {
  users = await startUsersForTests('users sessions');
});
afterAll(() => users.stop());
beforeEach(async () => {
  count += 1;
  person = { ...ann, email: `ann${count}@example.com` };
  id = (await users.register(person)).data.id;
});

const login = (body: object, headers: Record<string, string> = {}) =>
  users.request('POST', '/api/auth/login', { body, headers });
const refresh = (refreshToken: string) =>
  users.request('POST', '/api/auth/refresh', { body: { refreshToken } });
const me = (token: string) => users.request('GET', '/api/users/me', { token });
const codeOf = ({ status, json }: Awaited<ReturnType<typeof me>>) => [status, json?.code];
/** Revocations are read every 2 s and on hints: wait for the point, not for a time. */
const untilRefused = async (token: string) => {
  await expect.poll(async () => (await me(token)).status, { timeout: 10_000, interval: 50 }).toBe(401);
};

describe('signing in over HTTP', () => {
  it('gives a bearer token that works, and one to refresh it', async () => {
    const { status, data, headers } = await login({ email: person.email, password: person.password });

    expect(status).toBe(200);
    expect(data).toEqual({
      ...{ accessToken: expect.any(String), refreshToken: expect.any(String) },
      ...{ tokenType: 'Bearer', expiresIn: 900 },
    });
    expect(headers.get('cache-control')).toBe('no-store');
    expect((await me(data.accessToken)).data).toMatchObject({ id, lastLoginAt: expect.any(String) });
  });

  it('is refused alike for a wrong password and an unknown address', async () => {
    const wrong = await login({ email: person.email, password: 'not this one' });
    const unknown = await login({ email: 'nobody@example.com', password: person.password });
    const { instance: _, ...first } = wrong.json;
    const { instance: __, ...second } = unknown.json;

    expect(first).toEqual(second);
    expect([wrong.status, unknown.status]).toEqual([401, 401]);
    expect(wrong.headers.get('www-authenticate')).toContain('Bearer');
  });

  it('is refused with Retry-After after repeated failures', async () => {
    for (let failures = 0; failures < 5; failures += 1)
      await login({ email: person.email, password: 'wrong' });
    const { status, headers } = await login({ email: person.email, password: person.password });

    expect(status).toBe(429);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('stays open to the owner while a stranger elsewhere fails', async () => {
    const stranger = { 'X-Forwarded-For': '198.51.100.7' };
    for (let failures = 0; failures < 8; failures += 1)
      await login({ email: person.email, password: 'wrong' }, stranger);

    expect((await login({ email: person.email, password: person.password }, stranger)).status).toBe(429);
    expect((await login({ email: person.email, password: person.password })).status).toBe(200);
  });
});

describe('a session over HTTP', () => {
  it('goes on by refreshing, gives the same successor to two at once, and the tokens work', async () => {
    const first = await users.signIn(person);
    const [one, two] = await Promise.all([refresh(first.refreshToken), refresh(first.refreshToken)]);

    expect(one.data.refreshToken).toBe(two.data.refreshToken);
    expect(one.data.refreshToken).not.toBe(first.refreshToken);
    expect((await me(one.data.accessToken)).status).toBe(200);
    expect(codeOf(await refresh('unknown'))).toEqual([401, 'unauthenticated']);
  });

  it('ends with a sign-out, for its access token too', async () => {
    const { accessToken, refreshToken } = await users.signIn(person);
    expect((await users.request('POST', '/api/auth/logout', { token: accessToken })).status).toBe(204);

    await untilRefused(accessToken);
    expect((await refresh(refreshToken)).status).toBe(401);
    const { data } = await users.internal('GET', '/internal/revocations');
    expect(data.revocations.at(-1)).toMatchObject({ sid: expect.any(String), until: expect.any(Number) });
    const { data: later } = await users.internal('GET', `/internal/revocations?since=${data.cursor}`);
    expect(later).toEqual({ revocations: [], cursor: data.cursor });
  });

  it('is one of a list, and can be ended from another; not by somebody else', async () => {
    const here = await users.signIn(person);
    const there = await users.signIn(person);
    const { data } = await users.request('GET', '/api/users/me/sessions', { token: here.accessToken });
    const other = data.find(({ isCurrent }: { isCurrent: boolean }) => !isCurrent);
    const root = await users.signIn(administrator);
    const path = `/api/users/me/sessions/${other.id}`;

    expect(data).toHaveLength(2);
    expect((await users.request('DELETE', path, { token: root.accessToken })).status).toBe(404);
    expect((await users.request('DELETE', path, { token: here.accessToken })).status).toBe(204);
    await untilRefused(there.accessToken);
    expect((await me(here.accessToken)).status).toBe(200);
  });

  it('does not outlive the password, but for the one that changed it', async () => {
    const here = await users.signIn(person);
    const there = await users.signIn(person);
    const body = { currentPassword: person.password, password: 'five green lamps' };
    const change = await users.request('PUT', '/api/users/me/password', { token: here.accessToken, body });

    expect(change.status).toBe(204);
    await untilRefused(there.accessToken);
    expect((await refresh(there.refreshToken)).status).toBe(401);
    expect((await refresh(here.refreshToken)).status).toBe(200);
    expect((await login({ email: person.email, password: person.password })).status).toBe(401);
  });
});

describe('the own profile over HTTP', () => {
  it('is changed on the version that was seen', async () => {
    const { accessToken: token } = await users.signIn(person);
    const etag = (await me(token)).headers.get('etag') ?? '';
    const patch = (headers: Record<string, string>) =>
      users.request('PATCH', '/api/users/me', { token, body: { lastName: 'Moss' }, headers });

    expect((await patch({ 'if-match': etag })).data).toMatchObject({ fullName: 'Ann Moss' });
    expect(codeOf(await patch({ 'if-match': etag }))).toEqual([412, 'precondition_failed']);
    const unchanged = await users.request('GET', '/api/users/me', {
      token,
      headers: { 'if-none-match': (await me(token)).headers.get('etag') ?? '' },
    });
    expect(unchanged.status).toBe(304);
  });

  it('is deleted for good, and the address is free again', async () => {
    const { accessToken, refreshToken } = await users.signIn(person);
    expect((await users.request('DELETE', '/api/users/me', { token: accessToken })).status).toBe(204);

    await untilRefused(accessToken);
    expect((await refresh(refreshToken)).status).toBe(401);
    const said = (await users.announced()).filter(({ subject }) => subject === id);
    expect(said.at(-1)?.type).toBe('gatehouse.user.deleted.v1');
    expect(JSON.stringify(said)).not.toContain(person.email);
    expect(await users.mailsTo(person.email)).toEqual([]);
    expect((await users.register(person)).status).toBe(201);
  });
});

describe('signing keys over HTTP', () => {
  it('are public, without their private part, and a rotation announces the next one', async () => {
    const before = (await users.request('GET', '/.well-known/jwks.json')).json;
    const { data: next } = await users.internal('POST', '/internal/keys/rotate');
    const after = (await users.request('GET', '/.well-known/jwks.json')).json;

    expect(before.keys).toHaveLength(1);
    expect(after.keys.map(({ kid }: { kid: string }) => kid)).toEqual([next.kid, before.keys[0].kid]);
    expect(JSON.stringify(after)).not.toContain('"d"');
    expect((await me((await users.signIn(person)).accessToken)).status).toBe(200);
  });

  it('are the same for another instance, which leaves the administrator as it is', async () => {
    const { accessToken } = await users.signIn(person);
    await users.startAnother();

    expect((await me(accessToken)).status).toBe(200);
    expect((await users.signIn(administrator)).tokenType).toBe('Bearer');
  });

  it('and what is internal are for services alone', async () => {
    const { accessToken: token } = await users.signIn(administrator);
    for (const path of ['/internal/revocations', '/internal/mailbox'])
      expect((await users.request('GET', path, { token })).status).toBeGreaterThanOrEqual(401);
  });
});
