import { createManualClock } from '@gatehouse/testing';
import { describe, expect, it } from 'vitest';
import type { KeptKey } from '../postgres/postgres-signing-keys.ts';
import { createKeyRing } from './key-ring.ts';

const createKeys = (clock: { now(): number }) => {
  const kept: KeptKey[] = [];
  let reads = 0;
  const add = (kid: string, afterMs: number): KeptKey => {
    const key = { kid, privateJwk: { kty: 'OKP', d: 'secret' }, publicJwk: { kty: 'OKP', kid } };
    const one = { ...key, signsFrom: new Date(clock.now() + afterMs).toISOString() };
    kept.unshift(one);
    return one;
  };
  return {
    reads: () => reads,
    ensure: async () => {
      if (kept.length === 0) add('first', 0);
    },
    list: async () => {
      reads += 1;
      return [...kept];
    },
    rotate: async () => add('next', 330_000),
  };
};

describe('a key ring', () => {
  it('shows the next key at once and signs with it when everyone has it', async () => {
    const clock = createManualClock();
    const ring = createKeyRing({ keys: createKeys(clock), clock });
    await ring.rotate().then(async () => ring.current());
    expect((await ring.publicKeys()).keys.map(({ kid }) => kid)).toContain('next');

    await clock.advance(330_000);
    expect((await ring.current()).kid).toBe('next');
  });

  it('signs with the former one until then', async () => {
    const clock = createManualClock();
    const ring = createKeyRing({ keys: createKeys(clock), clock });
    expect((await ring.current()).kid).toBe('first');
    await ring.rotate();
    expect((await ring.current()).kid).toBe('first');
  });

  it('reads its keys every ten seconds at most, and shows no private part', async () => {
    const clock = createManualClock();
    const keys = createKeys(clock);
    const ring = createKeyRing({ keys, clock });
    for (let count = 0; count < 5; count += 1) await ring.current();
    expect(keys.reads()).toBe(1);

    await clock.advance(10_000);
    expect(JSON.stringify(await ring.publicKeys())).not.toContain('secret');
    expect(keys.reads()).toBe(2);
  });
});
