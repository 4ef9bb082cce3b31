import { createManualClock } from '@gatehouse/testing';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { KeySource } from './key-source.ts';
import { createRemoteKeys } from './remote-keys.ts';
import { generateSigningKey, type JwkSet, type SigningKey } from './signing-key.ts';

const away = new Error('ECONNREFUSED');

let old: SigningKey;
let next: SigningKey;
let clock: ReturnType<typeof createManualClock>;
let served: JwkSet | Error;
let reads: number;
let errors: unknown[];
let keys: KeySource;

beforeAll(async () => {
  old = await generateSigningKey();
  next = await generateSigningKey();
});

beforeEach(() => {
  clock = createManualClock();
  served = { keys: [old.publicJwk] };
  reads = 0;
  errors = [];
  const fetchKeys = async (): Promise<JwkSet> => {
    reads += 1;
    if (served instanceof Error) throw served;
    return served;
  };
  keys = createRemoteKeys({ fetchKeys, clock, onError: (error) => errors.push(error) });
});

const unavailable = expect.objectContaining({ code: 'keys_unavailable', kind: 'unavailable' });

describe('authentication: JWKS at the start', () => {
  it('are ready when they were read', async () => {
    expect(keys.ready()).toBe(false);
    await keys.start();

    expect(keys.ready()).toBe(true);
    await expect(keys.find(old.kid)).resolves.toBeInstanceOf(CryptoKey);
    expect(keys.status()).toEqual({
      kids: [old.kid],
      failing: false,
      readAt: new Date(clock.now()).toISOString(),
    });
  });

  it('are tried for until they come', async () => {
    served = away;
    const starting = keys.start();
    await clock.advance(1000);
    served = { keys: [old.publicJwk] };
    await clock.advance(2000);
    await starting;

    expect(keys.ready()).toBe(true);
    expect(errors).toHaveLength(reads - 1);
  });

  it('are given up after about a minute', async () => {
    served = away;
    const starting = expect(keys.start()).rejects.toBe(away);
    await clock.advance(60_000);
    await starting;

    expect(reads).toBe(32);
    expect(clock.pending()).toBe(0);
  });

  it('are given up when stopped', async () => {
    served = away;
    const starting = expect(keys.start()).rejects.toEqual(unavailable);
    await clock.advance(1000);
    await keys.stop();
    await starting;

    expect(clock.pending()).toBe(0);
  });

  it('that were never read say so, and are asked for at most once a second', async () => {
    served = away;
    await expect(Promise.all([keys.find(old.kid), keys.find('made-up')])).rejects.toEqual(unavailable);
    await expect(keys.find(old.kid)).rejects.toEqual(unavailable);
    expect(reads).toBe(1);
    served = { keys: [old.publicJwk] };
    await clock.advance(1000);

    await expect(keys.find(old.kid)).resolves.toBeDefined();
  });
});

describe('authentication: JWKS cached, refreshed in the background, last known keys when users is down', () => {
  beforeEach(async () => {
    await keys.start();
    reads = 0;
  });

  it('are read again every five minutes', async () => {
    await clock.advance(299_000);
    expect(reads).toBe(0);
    await clock.advance(2000);

    expect(reads).toBe(1);
  });

  it('go on as last known when they cannot be read', async () => {
    served = away;
    await clock.advance(600_000);

    expect(keys.status()).toMatchObject({ kids: [old.kid], failing: true });
    expect(keys.ready()).toBe(true);
    await expect(keys.find(old.kid)).resolves.toBeDefined();
    served = { keys: [next.publicJwk] };
    await clock.advance(1000);
    expect(keys.status()).toMatchObject({ kids: [next.kid], failing: false });
  });

  it.each([
    ['nothing', { keys: [] }],
    ['no list', {} as JwkSet],
    [
      'keys of other kinds',
      {
        keys: [
          { kty: 'oct', k: 'AAAA', kid: 'a' },
          { kty: 'RSA', kid: 'b' },
        ],
      },
    ],
  ])('are not thrown away for %s', async (_, answer) => {
    served = answer;
    await clock.advance(301_000);

    expect(keys.status()).toMatchObject({ kids: [old.kid], failing: true });
  });

  it('pass over what is no public signing key of ours', async () => {
    const { x = '' } = next.publicJwk;
    served = {
      keys: [
        { kty: 'OKP', crv: 'Ed25519', x },
        { kty: 'OKP', crv: 'X25519', x, kid: 'exchange' },
        { kty: 'OKP', crv: 'Ed25519', x, kid: 'encryption', use: 'enc' },
        next.privateJwk,
      ],
    };
    await clock.advance(301_000);

    expect(keys.status().kids).toEqual([next.kid]);
    expect(await keys.find(next.kid)).toMatchObject({ type: 'public' });
  });

  it('are read at once for a kid that is new, all askers sharing one read', async () => {
    served = { keys: [old.publicJwk, next.publicJwk] };
    const found = await Promise.all([keys.find(next.kid), keys.find(next.kid), keys.find('made-up')]);

    expect(found).toEqual([expect.anything(), expect.anything(), undefined]);
    expect(reads).toBe(1);
  });

  it('are read at most once a minute for an unknown kid that is made up', async () => {
    for (let second = 0; second < 59; second += 1) {
      await expect(keys.find(`made-up-${second}`)).resolves.toBeUndefined();
      await clock.advance(1000);
    }
    expect(reads).toBe(1);
    await clock.advance(1000);
    await keys.find('made-up');

    expect(reads).toBe(2);
  });

  it('cannot tell about an unknown kid while they cannot be read', async () => {
    served = away;

    await expect(keys.find(next.kid)).rejects.toEqual(unavailable);
    await expect(keys.find(next.kid)).rejects.toEqual(unavailable);
    expect(reads).toBe(1);
  });

  it('rest when stopped', async () => {
    await keys.stop();
    await clock.advance(600_000);

    expect(reads).toBe(0);
    expect(clock.pending()).toBe(0);
  });
});
