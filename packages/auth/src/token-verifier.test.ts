import { beforeEach, describe, expect, it } from 'vitest';
import { authError } from './auth-error.ts';
import { ana, startVerifier } from './fixture/start-verifier.ts';

let { clock, issue, keysAsked, nowSeconds, revoked, verifier, verify } = await startVerifier();
beforeEach(async () => {
  ({ clock, issue, keysAsked, nowSeconds, revoked, verifier, verify } = await startVerifier());
});

const unauthenticated = expect.objectContaining({ code: 'unauthenticated', kind: 'unauthenticated' });

describe('authentication: verified tokens are cached until they expire or are revoked', () => {
  it('tells who holds it', async () => {
    await expect(verify(await issue())).resolves.toEqual({
      kind: 'user',
      id: ana.sub,
      role: 'user',
      permissions: new Set(['posts:create', 'orders:read']),
      emailVerified: true,
      sessionId: 's1',
      issuedAt: nowSeconds(),
      expiresAt: nowSeconds() + 900,
    });
  });

  it('is answered at once the second time, without a key', async () => {
    const token = await issue();
    const principal = await verifier.verify(token);

    expect(verifier.verify(token)).toBe(principal);
    expect(keysAsked()).toBe(1);
  });

  it('is checked once when many bring it at the same time', async () => {
    const token = await issue();
    await Promise.all(Array.from({ length: 20 }, () => verify(token)));

    expect(keysAsked()).toBe(1);
  });

  it('is forgotten when others were used since', async () => {
    ({ verifier, verify, issue } = await startVerifier({ cacheSize: 2 }));
    const first = await issue();
    await verify(first);
    for (const sid of ['s2', 's3', 's4']) await verify(await issue({ sid }));

    expect(verifier.verify(first)).toBeInstanceOf(Promise);
  });

  it('ends with its time, remembered or not', async () => {
    const token = await issue();
    await verify(token);
    await clock.advance(899_999);
    expect(verifier.verify(token)).toMatchObject({ id: ana.sub });
    await clock.advance(1);

    expect(() => verifier.verify(token)).toThrow(unauthenticated);
    await expect(verify(token)).rejects.toEqual(unauthenticated);
  });

  it('is no good while the clock is set back to before it was issued, remembered or not', async () => {
    const remembered = await issue();
    await verify(remembered);
    const issuedAtMs = clock.now();
    clock.setWallClock(issuedAtMs - 61_000);
    const fresh = await issue({ sid: 's2' });
    expect(() => verifier.verify(remembered)).toThrow(unauthenticated);
    await expect(verify(fresh)).resolves.toMatchObject({ sessionId: 's2' });
    clock.setWallClock(issuedAtMs);

    expect(verifier.verify(remembered)).toMatchObject({ id: ana.sub });
  });

  it('is out at once when its session is, remembered or not', async () => {
    const remembered = await issue();
    const fresh = await issue({}, 600);
    await verify(remembered);
    revoked.add({ sid: 's1', until: nowSeconds() + 900 });

    expect(() => verifier.verify(remembered)).toThrow(unauthenticated);
    await expect(verify(fresh)).rejects.toEqual(unauthenticated);
  });

  it('is out when it was issued before its holder changed the password, and good when after', async () => {
    const before = await issue();
    await verify(before);
    await clock.advance(300);
    revoked.add({ sub: ana.sub, notBefore: nowSeconds(), until: nowSeconds() + 900 });
    const after = await issue({ sid: 's2' });

    expect(() => verifier.verify(before)).toThrow(unauthenticated);
    await expect(verify(after)).resolves.toMatchObject({ sessionId: 's2' });
  });

  it('is neither good nor bad while there are no keys', async () => {
    ({ verify, issue } = await startVerifier({
      keys: { find: () => Promise.reject(authError('keys_unavailable')) },
    }));

    await expect(verify(await issue())).rejects.toMatchObject({
      code: 'keys_unavailable',
      kind: 'unavailable',
    });
  });
});

describe('a whole Authorization header', () => {
  it('tells who holds its token, and is remembered as it is', async () => {
    const header = `Bearer ${await issue()}`;
    const principal = await verifier.verifyHeader(header);

    expect(principal).toMatchObject({ id: ana.sub });
    expect(verifier.verifyHeader(`Bearer ${header.slice(7)}`)).toBe(principal);
    expect(keysAsked()).toBe(1);
  });

  it('is out when its token is', async () => {
    const header = `Bearer ${await issue()}`;
    await verifier.verifyHeader(header);
    revoked.add({ sid: 's1', until: nowSeconds() + 900 });

    expect(() => verifier.verifyHeader(header)).toThrow(unauthenticated);
  });

  it('is no token for who asks for the bare one, and the other way round', async () => {
    const token = await issue();
    await verifier.verifyHeader(`Bearer ${token}`);
    await verify(token);

    expect(() => verifier.verifyHeader(token)).toThrow(unauthenticated);
    await expect(verify(`Bearer ${token}`)).rejects.toEqual(unauthenticated);
  });

  it.each([
    '',
    'Bearer',
    'Bearer ',
    'Basic dXNlcjpwYXNz',
    'Bearer a b',
    'Bearer a, Bearer b',
    'Bearer\ta.b.c',
  ])('%j is refused', (header) => {
    expect(() => verifier.verifyHeader(header)).toThrow(unauthenticated);
  });
});

describe('a token that was made for an API key', () => {
  it('says which, and is out when the key is', async () => {
    const id = '01900000-0000-7000-8000-0000000000b2';
    const token = await issue({ sid: id, api_key_id: id, scope: 'posts:create' }, 60);

    expect(await verify(token)).toMatchObject({ apiKeyId: id, permissions: new Set(['posts:create']) });
    revoked.add({ sid: id, until: nowSeconds() + 120 });
    expect(() => verifier.verify(token)).toThrow(unauthenticated);
  });
});
