import type { Principal } from '@gatehouse/auth';
import { createManualClock } from '@gatehouse/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { createOpenUpgrades, type OpenUpgrade, type OpenUpgrades } from './open-upgrades.ts';

let clock: ReturnType<typeof createManualClock>;
let revoked: Set<string>;
let open: OpenUpgrades;
let ended: string[];

beforeEach(() => {
  clock = createManualClock();
  revoked = new Set();
  ended = [];
  open = createOpenUpgrades({
    clock,
    idleMs: () => 120_000,
    isRevoked: ({ sessionId }) => revoked.has(sessionId),
    onError: (error) => {
      throw error;
    },
  });
});

const ana = (more: Partial<Principal> = {}): Principal => ({
  ...{ kind: 'user', id: 'ana', role: 'user', permissions: new Set(), emailVerified: true, sessionId: 's1' },
  ...{ issuedAt: clock.now() / 1000, expiresAt: clock.now() / 1000 + 900, ...more },
});

/** One connection; `state` is what a test changes of it. */
const connect = (principal?: Principal, state = { bytes: 0, halfClosed: false }) => {
  const upgrade: OpenUpgrade = {
    principal,
    bytes: () => state.bytes,
    isHalfClosed: () => state.halfClosed,
    end: (reason) => {
      ended.push(reason);
      forget();
    },
  };
  const forget = open.add(upgrade);
  return { state, forget };
};

describe('upgrades: an open connection', () => {
  it('ends when nothing was said for the idle limit', async () => {
    const { state } = connect();
    await clock.advance(110_000);
    state.bytes += 1;
    await clock.advance(119_000);
    expect(ended).toEqual([]);
    await clock.advance(4000);

    expect(ended).toEqual(['idle']);
  });

  it('ends within 4 s after its session was revoked', async () => {
    connect(ana());
    await clock.advance(60_000);
    revoked.add('s1');
    await clock.advance(4000);

    expect(ended).toEqual(['revoked']);
  });

  it('ends with the token that opened it', async () => {
    const { state } = connect(ana());
    for (let seconds = 0; seconds < 896; seconds += 8) {
      state.bytes += 1;
      await clock.advance(8000);
    }
    expect(ended).toEqual([]);
    await clock.advance(8000);

    expect(ended).toEqual(['expired']);
  });

  it('ends after an hour when it was opened with an API key, whose token lives for a minute', async () => {
    const { state } = connect(ana({ apiKeyId: 'k1', sessionId: 'k1', expiresAt: clock.now() / 1000 + 60 }));
    for (let minutes = 0; minutes < 59; minutes += 1) {
      state.bytes += 1;
      await clock.advance(60_000);
    }
    expect(ended).toEqual([]);
    await clock.advance(64_000);

    expect(ended).toEqual(['expired']);
  });

  it('ends half a minute after one of its directions', async () => {
    const { state } = connect();
    await clock.advance(10_000);
    state.halfClosed = true;
    await clock.advance(30_000);
    expect(ended).toEqual([]);
    await clock.advance(4000);

    expect(ended).toEqual(['half-closed']);
  });

  it('is looked at no more once it is over, and all end with the gateway', async () => {
    const { forget } = connect(ana());
    connect();
    expect(open.count()).toBe(2);
    forget();
    await open.close();

    expect(ended).toEqual(['shutdown']);
    expect([open.count(), clock.pending()]).toEqual([0, 0]);
  });
});
