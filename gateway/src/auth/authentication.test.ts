import { generateSigningKey } from '@gatehouse/auth';
import { describe, expect, it, vi } from 'vitest';
import { ana, startWithUsers } from '../fixture/start-with-users.ts';

const key = `ghk_${'k'.repeat(43)}`;
const apiKeyId = '01900000-0000-7000-8000-0000000000c3';
const ofKey = { sid: apiKeyId, api_key_id: apiKeyId };
const until = () => Date.now() / 1000 + 900;
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const withKey = { 'x-api-key': key };

describe('authentication: bearer JWT against users JWKS found through the registry', () => {
  it('checks tokens of every key of the set', async () => {
    const { statusOf, sign } = await startWithUsers();

    expect(await statusOf('/api/orders', bearer(await sign()))).toBe(200);
  });

  it('takes in a new key that it has not heard of, and asks at most once a minute', async () => {
    const { statusOf, sign, keys, asked } = await startWithUsers();
    keys.push(await generateSigningKey());
    expect(await statusOf('/api/orders', bearer(await sign()))).toBe(200);
    keys.push(await generateSigningKey());
    for (let count = 0; count < 5; count += 1) {
      expect(await statusOf('/api/orders', bearer(await sign()))).toBe(401);
    }

    expect(asked('/.well-known/jwks.json')).toBe(2);
  });

  it('goes on with the last known keys and revocations when users is down', async () => {
    const { statusOf, sign, revocations, gateway, goDown } = await startWithUsers();
    const revoked = await sign({ sid: apiKeyId });
    revocations.push({ sid: apiKeyId, until: until() });
    gateway.revocationHint();
    await vi.waitFor(async () => expect(await statusOf('/api/orders', bearer(revoked))).toBe(401));
    goDown();

    expect(await statusOf('/api/orders', bearer(await sign()))).toBe(200);
    expect(await statusOf('/api/orders', bearer(revoked))).toBe(401);
  });
});

describe('authentication: revocation within 5 s', () => {
  it('is read every 2 s, with no event at all', async () => {
    const { statusOf, sign, revocations } = await startWithUsers();
    const token = await sign();
    expect(await statusOf('/api/orders', bearer(token))).toBe(200);
    revocations.push({ sub: ana.sub, notBefore: Date.now() / 1000, until: until() });

    await vi.waitFor(async () => expect(await statusOf('/api/orders', bearer(token))).toBe(401), {
      timeout: 5000,
      interval: 50,
    });
    expect(await statusOf('/api/orders', bearer(await sign()))).toBe(200);
  });
});

describe('authentication: no key to verify with', () => {
  it('is 503, never 401; keys and revocations are read before the gateway is ready', async () => {
    const all = await startWithUsers({ usersAreUp: false });
    const { call, sign, goUp, statusOf, gateway, revocations } = all;
    const answer = await call('/api/orders', bearer(await sign()));

    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await statusOf('/api/orders', withKey)).toBe(503);
    expect(await statusOf('/api/posts/1')).toBe(200);
    revocations.push({ sid: apiKeyId, until: until() });
    goUp();
    await vi.waitFor(() => expect(gateway.notReadyBecause()).toBeUndefined(), { timeout: 10_000 });
    expect(await statusOf('/api/orders', bearer(await sign()))).toBe(200);
    expect(await statusOf('/api/orders', bearer(await sign({ sid: apiKeyId })))).toBe(401);
  }, 40_000);
});

describe('authentication: API keys', () => {
  it('are exchanged once for many requests; services see the JWT and never the key', async () => {
    const { statusOf, apiKeys, asked, posts, logger } = await startWithUsers();
    apiKeys.set(key, ofKey);
    const statuses = await Promise.all(Array.from({ length: 20 }, () => statusOf('/api/orders', withKey)));

    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(asked('/internal/api-keys/exchange')).toBe(1);
    expect(posts.received).toHaveLength(20);
    expect(posts.received[0]?.headers.authorization).toMatch(/^Bearer eyJ/);
    expect(posts.received[0]?.headers['x-gatehouse-principal']).toBe(ana.sub);
    expect(JSON.stringify([posts.received, logger.lines])).not.toContain(key);
  });

  it('do what their scopes say', async () => {
    const { call, statusOf, apiKeys } = await startWithUsers();
    apiKeys.set(key, { ...ofKey, scope: 'posts:read' });
    const refused = await call('/api/scoped', withKey);

    expect(refused.status).toBe(403);
    expect(refused.headers.get('www-authenticate')).toBe(
      'Bearer error="insufficient_scope", scope="posts:create"',
    );
    expect(await statusOf('/api/orders', withKey)).toBe(200);
  });

  it('that are revoked stop within 5 s, with no event at all', async () => {
    const { statusOf, apiKeys, revocations } = await startWithUsers();
    apiKeys.set(key, ofKey);
    expect(await statusOf('/api/orders', withKey)).toBe(200);
    apiKeys.delete(key);
    revocations.push({ sid: apiKeyId, until: until() });

    await vi.waitFor(async () => expect(await statusOf('/api/orders', withKey)).toBe(401), {
      timeout: 5000,
      interval: 50,
    });
  });

  it('go on when users is down, while unknown ones are 503', async () => {
    const { statusOf, apiKeys, goDown } = await startWithUsers();
    apiKeys.set(key, ofKey);
    expect(await statusOf('/api/orders', withKey)).toBe(200);
    goDown();

    expect(await statusOf('/api/orders', withKey)).toBe(200);
    expect(await statusOf('/api/orders', { 'x-api-key': `ghk_${'u'.repeat(43)}` })).toBe(503);
  });

  it('are good for nothing when users answers with a token that is none of ours', async () => {
    const { statusOf, apiKeys } = await startWithUsers();
    apiKeys.set(key, { ...ofKey, sub: 'not-a-uuid' });

    expect(await statusOf('/api/orders', withKey)).toBe(401);
  });
});
