import { createManualClock } from '@gatehouse/testing';
import { describe, expect, it } from 'vitest';
import { defaultServiceConfig } from '../../config/gateway-config.ts';
import { createPassiveHealth, type HealthTarget } from './passive-health.ts';

type Target = HealthTarget & { name: string; ready: boolean };

const setUp = (count: number, random = 0) => {
  const clock = createManualClock(1_000_000);
  const probed: string[] = [];
  const targets: Target[] = Array.from({ length: count }, (_, index) => ({
    ...{ name: `i${index}`, ready: false, ejected: undefined, failuresInARow: 0 },
  }));
  const health = createPassiveHealth<Target>({
    settings: () => defaultServiceConfig.ejection,
    probe: async ({ name, ready }) => {
      probed.push(`${name} at ${clock.monotonic()}`);
      return ready;
    },
    ...{ clock, random: () => random, onChange: () => {} },
  });
  health.follow(targets);
  const fail = (target: Target | undefined, times = 5): void => {
    for (let time = 0; time < times; time += 1) health.failed(target as Target);
  };
  return { clock, health, targets, probed, fail, at: (index: number) => targets[index] as Target };
};

describe('passive health: an instance', () => {
  it('is ejected after 5 failures in a row', () => {
    const { health, fail, at } = setUp(2);
    fail(at(0), 4);
    expect(at(0).ejected).toBeUndefined();
    fail(at(0), 1);

    expect(at(0).ejected).toBe('failures');
    expect(health.ejectionOf(at(0))).toEqual({ cause: 'failures', since: 1_000_000, times: 1, probes: 0 });
    expect(health.report()).toEqual({
      mode: 'healthy',
      available: 1,
      ejected: { failures: 1, refused: 0 },
      ejections: { failures: 1, refused: 0 },
    });
  });

  it('is ejected at once when it refuses a connection', () => {
    const { health, at } = setUp(2);
    health.refused(at(0));

    expect(at(0).ejected).toBe('refused');
  });

  it('is probed when its time is over, every second, and in again when it says that it is ready', async () => {
    const { clock, fail, at, probed } = setUp(2);
    fail(at(0));
    await clock.advance(2500);
    at(0).ready = true;
    await clock.advance(499);
    expect(at(0).ejected).toBe('failures');
    await clock.advance(1);

    expect(at(0)).toMatchObject({ ejected: undefined, failuresInARow: 0 });
    await clock.advance(60_000);
    expect(probed).toEqual(['i0 at 1000', 'i0 at 2000', 'i0 at 3000']);
  });

  it('is out twice as long each time, 30 s at most, and starts over when it has stayed in for that long', async () => {
    const { clock, fail, at } = setUp(2);
    at(0).ready = true;
    const outForMs: number[] = [];
    for (let time = 0; time < 8; time += 1) {
      if (time === 7) await clock.advance(30_000);
      fail(at(0));
      const since = clock.monotonic();
      while (at(0).ejected !== undefined) await clock.advance(500);
      outForMs.push(clock.monotonic() - since);
    }

    expect(outForMs).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 1000]);
  });

  it('is out up to a fifth shorter by chance', async () => {
    const { clock, fail, at } = setUp(2, 0.999_999);
    at(0).ready = true;
    fail(at(0));
    await clock.advance(799);
    expect(at(0).ejected).toBe('failures');
    await clock.advance(2);

    expect(at(0).ejected).toBeUndefined();
  });

  it('that is listed no more is forgotten, with its probes', async () => {
    const { clock, health, fail, at, targets, probed } = setUp(2);
    fail(at(0));
    health.follow(targets.slice(1));
    await clock.advance(60_000);
    health.refused(at(0));

    expect([probed, clock.pending(), health.ejectionOf(at(0))]).toEqual([[], 0, undefined]);
  });

  it('whose probe comes back after it left is not brought in', async () => {
    const { clock, health, at } = setUp(2);
    const answer = Promise.withResolvers<boolean>();
    const slow = createPassiveHealth<Target>({
      settings: () => defaultServiceConfig.ejection,
      probe: () => answer.promise,
      ...{ clock, random: () => 0, onChange: () => {} },
    });
    health.stop();
    slow.follow([at(0), at(1)]);
    slow.refused(at(0));
    await clock.advance(1000);
    slow.follow([at(1)]);
    answer.resolve(true);
    await clock.advance(1000);

    expect([at(0).ejected, clock.pending()]).toEqual(['refused', 0]);
  });
});

describe('passive health: all together', () => {
  it.each([
    [1, 0],
    [2, 1],
    [3, 1],
    [4, 2],
    [9, 4],
  ])('of %i that fail, %i are ejected: at most half', (count, most) => {
    const { targets, fail } = setUp(count);
    for (const target of targets) fail(target, 20);

    expect(targets.filter(({ ejected }) => ejected !== undefined)).toHaveLength(most);
  });

  it('may all be out when they refuse; then they are probed every second whatever their times', async () => {
    const { clock, health, at, targets, probed } = setUp(2);
    at(0).ready = true;
    for (let time = 0; time < 4; time += 1) {
      health.refused(at(0));
      while (at(0).ejected !== undefined) await clock.advance(1000);
    }
    at(0).ready = false;
    health.refused(at(0));
    probed.length = 0;
    expect(health.mode()).toBe('healthy');
    health.refused(at(1));
    expect(health.mode()).toBe('nobody');
    await clock.advance(2000);

    expect(targets.map(({ ejected }) => ejected)).toEqual(['refused', 'refused']);
    expect(probed).toHaveLength(4);
  });

  it('panic when few are left: one that fails is asked again, and counts as refusing once it does', () => {
    const { health, fail, at } = setUp(4);
    fail(at(0));
    health.refused(at(1));
    expect(health.mode()).toBe('healthy');
    health.refused(at(2));
    expect(health.mode()).toBe('panic');
    health.refused(at(0));

    expect(at(0).ejected).toBe('refused');
    expect(health.mode()).toBe('panic');
  });

  it('stop being probed when nobody wants to know any more', async () => {
    const { clock, health, targets, probed } = setUp(3);
    for (const target of targets) health.refused(target);
    health.stop();
    await clock.advance(60_000);

    expect([probed, clock.pending()]).toEqual([[], 0]);
  });
});
