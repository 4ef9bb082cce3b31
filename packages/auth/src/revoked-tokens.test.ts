import { createManualClock } from '@gatehouse/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRevokedTokens, type Revocation } from './revoked-tokens.ts';

const setUp = (limit = 1000) => {
  const clock = createManualClock(1_000_000);
  return { clock, revoked: createRevokedTokens({ clock, limit }) };
};
const token = ({ sid = 's1', sub = 'ana', iat = 990 } = {}) => ({ sessionId: sid, id: sub, issuedAt: iat });

describe('a revoked session', () => {
  it('takes its tokens out, whenever they were issued', () => {
    const { revoked } = setUp();
    revoked.add({ sid: 's1', until: 1900 });

    expect(revoked.has(token())).toBe(true);
    expect(revoked.has(token({ iat: 1500 }))).toBe(true);
    expect(revoked.has(token({ sid: 's2' }))).toBe(false);
  });

  it('counts until its end', async () => {
    const { clock, revoked } = setUp();
    revoked.add({ sid: 's1', until: 1900 });
    await clock.advance(899_999);
    expect(revoked.has(token())).toBe(true);
    await clock.advance(1);

    expect(revoked.has(token())).toBe(false);
  });
});

describe('a revoked person', () => {
  it('loses every token when no time is given', () => {
    const { revoked } = setUp();
    revoked.add({ sub: 'ana', until: 1900 });

    expect(revoked.has(token({ iat: 1000 }))).toBe(true);
    expect(revoked.has(token({ sub: 'ben' }))).toBe(false);
  });

  it('keeps those that were issued at the time given or later', () => {
    const { revoked } = setUp();
    revoked.add({ sub: 'ana', notBefore: 995.5, until: 1900 });

    expect(revoked.has(token({ iat: 995.499 }))).toBe(true);
    expect(revoked.has(token({ iat: 995.5 }))).toBe(false);
  });

  it('is not brought back by an older revocation that comes later', () => {
    const { revoked } = setUp();
    revoked.add({ sub: 'ana', notBefore: 999, until: 1900 });
    revoked.add({ sub: 'ana', notBefore: 900, until: 1800 });

    expect(revoked.has(token({ iat: 998 }))).toBe(true);
  });
});

describe('a full list', () => {
  it('refuses every token issued so far rather than forget a revocation', () => {
    const { revoked } = setUp(10);
    for (let session = 0; session < 11; session += 1)
      revoked.add({ sid: `s${session}`, until: 1900 + session });

    expect(revoked.size()).toBeLessThanOrEqual(10);
    expect(revoked.has(token({ sid: 's0', iat: 999 }))).toBe(true);
    expect(revoked.has(token({ sid: 'other', iat: 999 }))).toBe(true);
    expect(revoked.has(token({ sid: 'other', iat: 1000 }))).toBe(false);
  });

  it('forgets what has ended first', async () => {
    const { clock, revoked } = setUp(2);
    revoked.add({ sid: 's1', until: 1001 });
    revoked.add({ sid: 's2', until: 1900 });
    await clock.advance(2000);
    revoked.add({ sid: 's3', until: 1900 });

    expect(revoked.size()).toBe(2);
    expect(revoked.has(token({ sid: 'other', iat: 999 }))).toBe(false);
  });

  it('never lets a revoked token in, whatever was added in whatever order', () => {
    const name = fc.constantFrom('a', 'b', 'c', 'd');
    const seconds = fc.integer({ min: 950, max: 1050 });
    const revocation: fc.Arbitrary<Revocation> = fc.oneof(
      fc.record({ sid: name, until: seconds }),
      fc.record({ sub: name, until: seconds }),
      fc.record({ sub: name, notBefore: seconds, until: seconds }),
    );
    fc.assert(
      fc.property(
        fc.array(revocation),
        fc.integer({ min: 1, max: 8 }),
        name,
        name,
        fc.integer({ min: 900, max: 999 }),
        (all, limit, sid, sub, iat) => {
          const { revoked } = setUp(limit);
          for (const one of all) revoked.add(one);
          const isOut = all.some(
            (one) =>
              one.until > 1000 &&
              (one.sid === undefined
                ? one.sub === sub && iat < (one.notBefore ?? Number.POSITIVE_INFINITY)
                : one.sid === sid),
          );

          expect(revoked.size()).toBeLessThanOrEqual(limit);
          if (isOut) expect(revoked.has(token({ sid, sub, iat }))).toBe(true);
          else if (limit === 8) expect(revoked.has(token({ sid, sub, iat }))).toBe(false);
        },
      ),
    );
  });
});
