import { authError, type Principal } from '@gatehouse/auth';
import { isAppError } from '@gatehouse/errors';
import { createManualClock } from '@gatehouse/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gatewayError } from '../gateway-error.ts';
import { createApiKeys } from './api-keys.ts';

const key = `ghk_${'k'.repeat(43)}`;
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Users, its tokens and what was heard of revocations, as a test drives them. */
const startWorld = () => {
  const clock = createManualClock(Date.UTC(2026, 0, 1));
  const world = { isUp: true, isGood: true, questions: 0 };
  const tokens = new Map<string, Readonly<{ issuedAt: number; expiresAt: number }>>();
  const revoked = new Set<string>();

  const exchange = async (): Promise<string | undefined> => {
    world.questions += 1;
    if (!world.isUp) throw gatewayError('service_unavailable');
    if (!world.isGood) return undefined;
    const issuedAt = clock.now() / 1000;
    tokens.set(`t${world.questions}`, { issuedAt, expiresAt: issuedAt + 60 });
    return `t${world.questions}`;
  };
  const lives = (token: string): boolean =>
    (tokens.get(token)?.expiresAt ?? 0) > clock.now() / 1000 && !revoked.has(token);
  const verifyHeader = (authorization: string): Principal => {
    const token = authorization.slice('Bearer '.length);
    const times = tokens.get(token);
    if (times === undefined || !lives(token)) throw authError('unauthenticated');
    const rights = { role: 'user', permissions: new Set<string>(), emailVerified: true } as const;
    return { kind: 'user', id: 'ana', ...rights, sessionId: 'k1', apiKeyId: 'k1', ...times };
  };
  const keys = createApiKeys({ exchange, verifier: { verifyHeader }, clock });

  const outcome = async (): Promise<'in' | 'refused' | 'untold'> => {
    try {
      const { authorization } = await keys.find(key);
      expect(lives(authorization.slice('Bearer '.length))).toBe(true);
      return 'in';
    } catch (error) {
      if (!isAppError(error)) throw error;
      return error.kind === 'unauthenticated' ? 'refused' : 'untold';
    } finally {
      await settle();
    }
  };
  return {
    ...{ clock, world, outcome },
    revokeAll: () => {
      for (const token of tokens.keys()) revoked.add(token);
    },
    hasLiving: () => [...tokens.keys()].some(lives),
  };
};

type Step = 'ask' | 'down' | 'up' | 'take back' | 'give back' | 'revoke tokens' | number;
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.constant<Step>('ask') },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 30_000 }) },
  fc.constantFrom<Step>('down', 'up', 'take back', 'give back', 'revoke tokens'),
);

describe('an API key at a gateway, whatever happens in whatever order', () => {
  it('is let in by a living token alone, never 401 without a no from users, and asked about in bounds', () =>
    fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { clock, world, outcome, revokeAll, hasLiving } = startWorld();
        let saidNoUntil = Number.NEGATIVE_INFINITY;
        let failedUntil = Number.NEGATIVE_INFINITY;
        for (const one of steps) {
          if (one === 'down') world.isUp = false;
          else if (one === 'up') world.isUp = true;
          else if (one === 'take back') world.isGood = false;
          else if (one === 'give back') world.isGood = true;
          else if (one === 'revoke tokens') revokeAll();
          else if (one !== 'ask') await clock.advance(one);
          else {
            const before = world.questions;
            const hadLiving = hasLiving();
            const now = clock.now();
            const result = await outcome();
            const hasAsked = world.questions > before;

            // One question for one request, none while the last answer holds.
            expect(world.questions - before).toBeLessThanOrEqual(1);
            if (now < saidNoUntil) expect([result, hasAsked]).toEqual(['refused', false]);
            if (result === 'refused') expect(now < saidNoUntil || (!world.isGood && world.isUp)).toBe(true);
            // Users away ends nothing that lives, unless users has said no before.
            if (!world.isUp && hadLiving && now >= saidNoUntil && result !== 'in')
              expect(saidNoUntil).toBeGreaterThan(Number.NEGATIVE_INFINITY);
            if (world.isUp && world.isGood && now >= saidNoUntil && now >= failedUntil)
              expect(result).toBe('in');

            if (hasAsked && world.isUp && !world.isGood) saidNoUntil = now + 10_000;
            if (hasAsked && !world.isUp) failedUntil = now + 1000;
          }
        }
      }),
      { numRuns: 300 },
    ));
});
