import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideRefresh, graceMs, type RefreshToken, type Session } from './session.ts';

const start = Date.parse('2026-01-01T00:00:00.000Z');
const iso = (ms: number) => new Date(start + ms).toISOString();
const session: Session = {
  id: 's',
  userId: 'u',
  createdAt: iso(0),
  lastUsedAt: iso(0),
  expiresAt: iso(1_000_000),
};
const fresh: RefreshToken = { hash: 'h', sessionId: 's' };
const used: RefreshToken = { ...fresh, usedAt: iso(0), sealedSuccessor: 'sealed' };

describe('a refresh token', () => {
  it('is exchanged when it is the current one', () =>
    expect(decideRefresh(session, fresh, start)).toBe('rotate'));

  it('gives the same successor for ten seconds after its use', () => {
    expect(decideRefresh(session, used, start + graceMs)).toBe('repeat');
    expect(decideRefresh(session, used, start + graceMs + 1)).toBe('theft');
  });

  it('is worth nothing once the session has ended or run out', () => {
    expect(decideRefresh({ ...session, endedAt: iso(1) }, fresh, start)).toBe('refuse');
    expect(decideRefresh(session, fresh, start + 1_000_000)).toBe('refuse');
  });

  it('is never exchanged twice, whenever it comes', () =>
    fc.assert(
      fc.property(fc.nat(2_000_000), fc.nat(2_000_000), (usedMs, nowMs) => {
        const decision = decideRefresh(session, { ...used, usedAt: iso(usedMs) }, start + nowMs);
        expect(decision).not.toBe('rotate');
      }),
    ));
});
