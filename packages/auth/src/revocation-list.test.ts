import { createManualClock } from '@gatehouse/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { createRevocationList, type RevocationList, type RevocationPage } from './revocation-list.ts';

const away = new Error('ECONNREFUSED');

let clock: ReturnType<typeof createManualClock>;
let log: { sid: string; until: number }[];
let down: boolean;
let cursors: (string | undefined)[];
let errors: unknown[];
let list: RevocationList;

beforeEach(() => {
  clock = createManualClock();
  log = [{ sid: 's1', until: clock.now() / 1000 + 900 }];
  down = false;
  cursors = [];
  errors = [];
  const fetchSince = async (cursor: string | undefined): Promise<RevocationPage> => {
    cursors.push(cursor);
    if (down) throw away;
    return { revocations: log.slice(Number(cursor ?? 0)), cursor: String(log.length) };
  };
  list = createRevocationList({ fetchSince, clock, onError: (error) => errors.push(error) });
});

const isOut = (sid: string): boolean =>
  list.isRevoked({ sessionId: sid, id: 'ana', issuedAt: clock.now() / 1000 });
const revoke = (sid: string): void => {
  log.push({ sid, until: clock.now() / 1000 + 900 });
};

describe('authentication: revocations are read before ready and every 2 s, the last list goes on', () => {
  it('is there when it has started', async () => {
    await list.start();

    expect(isOut('s1')).toBe(true);
    expect(isOut('s2')).toBe(false);
    expect(list.status()).toEqual({ size: 1, failing: false, readAt: new Date(clock.now()).toISOString() });
  });

  it('does not start before it was read', async () => {
    down = true;
    let started = false;
    const starting = list.start().then(() => {
      started = true;
    });
    await clock.advance(3000);
    expect(started).toBe(false);
    down = false;
    await clock.advance(2000);
    await starting;

    expect(isOut('s1')).toBe(true);
    expect(errors.length).toBeGreaterThan(0);
  });

  it('gives up after about a minute', async () => {
    down = true;
    const starting = expect(list.start()).rejects.toBe(away);
    await clock.advance(60_000);
    await starting;

    expect(clock.pending()).toBe(0);
  });

  it('hears of a revocation within two seconds, asking for what is new', async () => {
    await list.start();
    revoke('s2');
    await clock.advance(2000);

    expect(isOut('s2')).toBe(true);
    expect(cursors.slice(0, 2)).toEqual([undefined, '1']);
  });

  it('reads at once on a hint', async () => {
    await list.start();
    await clock.advance(100);
    revoke('s2');
    list.hint();
    await clock.advance(0);

    expect(isOut('s2')).toBe(true);
  });

  it('goes on as last known while it cannot be read, and catches up', async () => {
    await list.start();
    down = true;
    revoke('s2');
    await clock.advance(10_000);
    expect(isOut('s1')).toBe(true);
    expect(isOut('s2')).toBe(false);
    expect(list.status().failing).toBe(true);
    down = false;
    await clock.advance(2000);

    expect(isOut('s2')).toBe(true);
    expect(list.status().failing).toBe(false);
  });

  it('forgets what has ended', async () => {
    await list.start();
    await clock.advance(900_000);

    expect(isOut('s1')).toBe(false);
    await clock.advance(2000);
    expect(list.status().size).toBe(0);
  });

  it('rests when stopped', async () => {
    await list.start();
    await list.stop();
    const before = cursors.length;
    list.hint();
    await clock.advance(10_000);

    expect(cursors).toHaveLength(before);
    expect(clock.pending()).toBe(0);
  });
});
