import { authError, type Principal } from '@gatehouse/auth';
import { createManualClock } from '@gatehouse/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { gatewayError } from '../gateway-error.ts';
import { type ApiKeys, createApiKeys } from './api-keys.ts';

const keyOf = (name: string): string => `ghk_${name.padEnd(43, 'x')}`;
const key = keyOf('backup');
const refusal = expect.objectContaining({ kind: 'unauthenticated' });
const untold = expect.objectContaining({ code: 'service_unavailable', kind: 'unavailable' });

let clock = createManualClock();
let asked: string[] = [];
let lifeSeconds = 60;
let users: 'up' | 'away' | 'refusing' | 'frozen' = 'up';
let revoked = new Set<string>();
let keys: ApiKeys;

const away = gatewayError('service_unavailable', { details: { reason: 'no healthy instance' } });
const exchange = async (asking: string): Promise<string | undefined> => {
  asked.push(asking);
  if (users === 'frozen') return new Promise(() => {});
  if (users === 'away') throw away;
  if (users === 'refusing') return undefined;
  return `token-${asked.length}/${clock.now()}/${clock.now() + lifeSeconds * 1000}`;
};
/** Reads what `exchange` wrote. */
const verifyHeader = (authorization: string): Principal => {
  const [token = '', issuedAt, expiresAt] = authorization.slice('Bearer '.length).split('/');
  if (revoked.has(token) || Number(expiresAt) <= clock.now()) throw authError('unauthenticated');
  return {
    ...{ kind: 'user', id: 'ana', role: 'user', permissions: new Set(), emailVerified: true },
    ...{ sessionId: 'k1', apiKeyId: 'k1' },
    issuedAt: Number(issuedAt) / 1000,
    expiresAt: Number(expiresAt) / 1000,
  };
};
const find = async (asking = key) => keys.find(asking);
const tokenOf = async (asking?: string) => (await find(asking)).authorization.split('/')[0];
/** Whatever is asked beside the requests has its answer. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

beforeEach(() => {
  clock = createManualClock(Date.UTC(2026, 0, 1));
  asked = [];
  lifeSeconds = 60;
  users = 'up';
  revoked = new Set();
  keys = createApiKeys({ exchange, verifier: { verifyHeader }, clock, cacheSize: 8 });
});

describe('authentication: API keys are exchanged at users and cached by their SHA-256', () => {
  it('asks once, and tells at once from then on', async () => {
    expect(await tokenOf()).toBe('Bearer token-1');

    expect(keys.find(key)).toMatchObject({ authorization: expect.stringContaining('token-1') });
    expect(keys.find(key)).toBe(keys.find(key));
    expect(asked).toEqual([key]);
  });

  it('asks once for many who bring the same key at the same time', async () => {
    await Promise.all(Array.from({ length: 50 }, () => find()));

    expect(asked).toEqual([key]);
  });

  it('asks for each key by itself', async () => {
    expect(await tokenOf(keyOf('a'))).not.toBe(await tokenOf(keyOf('b')));
  });

  it.each(['', 'ghk_', key.slice(1), `${key}x`, `${key} `, `GHK_${key.slice(4)}`, 'x'.repeat(99)])(
    'refuses %j, which is no key, without asking',
    async (text) => {
      await expect(find(text)).rejects.toEqual(refusal);
      expect(asked).toEqual([]);
    },
  );

  it('remembers a bounded number of keys', async () => {
    for (let count = 0; count < 100; count += 1) await find(keyOf(`key-${count}-`));
    await find(keyOf('key-0-'));

    expect(asked).toHaveLength(101);
  });
});

describe('a token that ends', () => {
  it('is renewed in the background before, by whoever asks in its last third', async () => {
    await find();
    await clock.advance(39_999);
    await find();
    expect(asked).toHaveLength(1);
    await clock.advance(1);
    expect(await tokenOf()).toBe('Bearer token-1');
    await settle();

    expect(await tokenOf()).toBe('Bearer token-2');
    expect(asked).toHaveLength(2);
  });

  it('is not renewed for a key that nobody uses', async () => {
    await find();
    await clock.advance(600_000);

    expect(asked).toHaveLength(1);
    expect(clock.pending()).toBe(0);
  });

  it('is waited for in its last seconds, for services would see it end', async () => {
    await find();
    await clock.advance(55_000);

    expect(await tokenOf()).toBe('Bearer token-2');
  });

  it('of a key that ends soon is used to its end', async () => {
    lifeSeconds = 4;
    await find();
    await clock.advance(2000);

    expect(await tokenOf()).toBe('Bearer token-1');
  });
});

describe('an API key that is no good', () => {
  beforeEach(() => {
    users = 'refusing';
  });

  it('is refused for ten seconds without asking again', async () => {
    await expect(find()).rejects.toEqual(refusal);
    clock.setWallClock(clock.now() - 3_600_000);
    await clock.advance(9999);
    await expect(find()).rejects.toEqual(refusal);
    expect(asked).toHaveLength(1);
    await clock.advance(1);
    await expect(find()).rejects.toEqual(refusal);

    expect(asked).toHaveLength(2);
  });

  it('never pushes out a good one', async () => {
    users = 'up';
    await find();
    users = 'refusing';
    for (let count = 0; count < 100; count += 1)
      await expect(find(keyOf(`bad-${count}-`))).rejects.toEqual(refusal);

    expect(await tokenOf()).toBe('Bearer token-1');
  });

  it('that was good stops when its token is revoked, though it has not ended', async () => {
    users = 'up';
    await find();
    users = 'refusing';
    revoked.add('token-1');

    await expect(find()).rejects.toEqual(refusal);
    await expect(find()).rejects.toEqual(refusal);
    expect(asked).toHaveLength(2);
  });

  it('stops when it is to be renewed, though no revocation was heard of', async () => {
    users = 'up';
    await find();
    users = 'refusing';
    await clock.advance(40_000);
    await find();
    await settle();

    await expect(find()).rejects.toEqual(refusal);
  });
});

describe('a token that is revoked, of a key that is good', () => {
  it('gives way to the next one', async () => {
    await find();
    revoked.add('token-1');

    expect(await tokenOf()).toBe('Bearer token-2');
  });
});

describe('while users is down', () => {
  it('a known key goes on as long as its token lives, then it is 503, never 401', async () => {
    await find();
    users = 'away';
    for (let second = 0; second < 59; second += 1) {
      await clock.advance(1000);
      expect(await tokenOf()).toBe('Bearer token-1');
    }
    await clock.advance(1000);

    await expect(find()).rejects.toEqual(untold);
    expect(asked.length).toBeLessThanOrEqual(22);
  });

  it('an unknown key is 503, and asked about once a second', async () => {
    users = 'away';
    for (let count = 0; count < 10; count += 1) await expect(find()).rejects.toEqual(untold);
    expect(asked).toHaveLength(1);
    await clock.advance(1000);
    users = 'up';

    expect(await tokenOf()).toBe('Bearer token-2');
  });

  it('a revoked one opens nothing', async () => {
    await find();
    users = 'away';
    revoked.add('token-1');

    await expect(find()).rejects.toEqual(untold);
  });

  it('a bounded number of questions waits', async () => {
    users = 'frozen';
    for (let count = 0; count < 64; count += 1) void find(keyOf(`key-${count}-`)).catch(() => {});

    await expect(find()).rejects.toMatchObject({ code: 'overloaded' });
  });

  it('a known key goes on though too many questions wait', async () => {
    await find();
    users = 'frozen';
    for (let count = 0; count < 64; count += 1) void find(keyOf(`key-${count}-`)).catch(() => {});
    await clock.advance(57_000);

    expect(await tokenOf()).toBe('Bearer token-1');
  });
});
