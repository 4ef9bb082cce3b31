import { beforeEach, describe, expect, it } from 'vitest';
import { ann, startUseCases } from './use-cases-for-tests.ts';

let { clock, ports, users, isSessionRevoked } = startUseCases();
let id: string;
beforeEach(async () => {
  ({ clock, ports, users, isSessionRevoked } = startUseCases());
  ({ id } = await users.registerUser(ann));
});

const refusal = (code: string) => expect.objectContaining({ code });
const wanted = { name: 'backup', scopes: ['posts:read', 'posts:create'] };

describe('an API key', () => {
  it('is told once, and kept as a hash', async () => {
    const { key, apiKey } = await users.apiKeys.create(id, wanted);

    expect(key).toMatch(/^ghk_[\w-]{43}$/);
    expect(apiKey).toMatchObject({ ...wanted, userId: id });
    expect(await users.apiKeys.list(id)).toEqual([apiKey]);
    expect(JSON.stringify([...ports.state().apiKeys, ...ports.state().apiKeyHashes])).not.toContain(key);
  });

  it('is exchanged for a token of a minute with its scopes', async () => {
    const { key, apiKey } = await users.apiKeys.create(id, wanted);

    expect(await users.exchangeApiKey(key)).toEqual({
      accessToken: `${id}/${apiKey.id}/user/posts:read posts:create`,
      expiresIn: 60,
    });
    expect(await users.apiKeys.get(id, apiKey.id)).toMatchObject({ lastUsedAt: expect.any(String) });
  });

  it('stands in the audit trail of its owner, without its name', async () => {
    const { apiKey } = await users.apiKeys.create(id, wanted);
    await users.apiKeys.revoke(id, apiKey.id);
    const { items } = await users.listAudit(id, { page: 1, limit: 2 });

    expect(items.map(({ event }) => event)).toMatchObject([
      { type: 'user-api-key-revoked', apiKeyId: apiKey.id },
      { type: 'user-api-key-created', apiKeyId: apiKey.id, scopes: wanted.scopes },
    ]);
    expect(JSON.stringify(items)).not.toContain(wanted.name);
  });

  it('that was taken back is no good, and its tokens are out', async () => {
    const { key, apiKey } = await users.apiKeys.create(id, wanted);
    await users.apiKeys.revoke(id, apiKey.id);

    await expect(users.exchangeApiKey(key)).rejects.toEqual(refusal('invalid_token'));
    expect(isSessionRevoked(apiKey.id)).toBe(true);
    expect(await users.apiKeys.list(id)).toEqual([]);
    await expect(users.apiKeys.revoke(id, apiKey.id)).rejects.toEqual(refusal('not_found'));
  });

  it('ends when it was told to, and is still listed', async () => {
    const expiresAt = new Date(clock.now() + 90_000).toISOString();
    const { key, apiKey } = await users.apiKeys.create(id, { ...wanted, expiresAt });
    await clock.advance(60_000);
    expect(await users.exchangeApiKey(key)).toMatchObject({ expiresIn: 30 });
    await clock.advance(30_000);

    await expect(users.exchangeApiKey(key)).rejects.toEqual(refusal('invalid_token'));
    expect(await users.apiKeys.list(id)).toMatchObject([{ id: apiKey.id, expiresAt }]);
  });

  it('rests while its account is closed, and is gone with it', async () => {
    const { key } = await users.apiKeys.create(id, wanted);
    await users.administerUser({ id, isActive: false, by: 'root' });
    await expect(users.exchangeApiKey(key)).rejects.toEqual(refusal('invalid_token'));
    await users.administerUser({ id, isActive: true, by: 'root' });
    expect(await users.exchangeApiKey(key)).toMatchObject({ expiresIn: 60 });

    await users.deleteAccount(id);
    await expect(users.exchangeApiKey(key)).rejects.toEqual(refusal('invalid_token'));
  });

  it('loses what its owner loses', async () => {
    await users.administerUser({ id, role: 'admin', by: 'root' });
    const { key } = await users.apiKeys.create(id, { name: 'all', scopes: ['*:*', 'posts:read'] });
    expect((await users.exchangeApiKey(key)).accessToken).toMatch(/\/admin\/\*:\* posts:read$/);
    await users
      .registerUser({ ...ann, email: 'root@example.com' })
      .then(({ id: other }) => users.administerUser({ id: other, role: 'admin', by: 'root' }));
    await users.administerUser({ id, role: 'user', by: 'root' });

    expect((await users.exchangeApiKey(key)).accessToken).toMatch(/\/user\/posts:read$/);
  });

  it("is nobody else's to see or to take back", async () => {
    const { apiKey } = await users.apiKeys.create(id, wanted);
    const { id: other } = await users.registerUser({ ...ann, email: 'bob@example.com' });

    await expect(users.apiKeys.get(other, apiKey.id)).rejects.toEqual(refusal('not_found'));
    await expect(users.apiKeys.revoke(other, apiKey.id)).rejects.toEqual(refusal('not_found'));
    expect(await users.apiKeys.list(other)).toEqual([]);
  });

  it('is one of fifty at most', async () => {
    for (let count = 0; count < 50; count += 1) await users.apiKeys.create(id, wanted);

    await expect(users.apiKeys.create(id, wanted)).rejects.toEqual(refusal('api_key_limit'));
  });

  it('that nobody made is no good', async () => {
    await expect(users.exchangeApiKey(`ghk_${'A'.repeat(43)}`)).rejects.toEqual(refusal('invalid_token'));
  });
});
