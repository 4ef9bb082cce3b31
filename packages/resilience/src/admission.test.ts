import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAdmission, type Priority, priorities, type TryEnd } from './admission.ts';

const bounds = { min: 8, max: 1024 };

/** Lets in as many as will come at one moment. */
const fill = (door: ReturnType<typeof createAdmission>, priority: Priority, nowMs = 0): number => {
  let admitted = 0;
  while (admitted < 10_000 && door.admit(priority, nowMs)) {
    door.begin(nowMs);
    admitted += 1;
  }
  return admitted;
};

describe('load: the door of a service', () => {
  it('keeps room for the more important: health, admin, signed-in, anonymous', () => {
    const door = createAdmission(bounds);

    expect(fill(door, 'anonymous')).toBe(140);
    expect(fill(door, 'signed-in')).toBe(40);
    expect(fill(door, 'admin')).toBe(20);
    expect(fill(door, 'health')).toBe(100);
    expect(door.report()).toEqual({
      limit: 200,
      inFlight: 300,
      refused: { health: 1, admin: 1, 'signed-in': 1, anonymous: 1 },
    });
  });

  it('has room again when a try has ended, however it ended', () => {
    const door = createAdmission(bounds);
    fill(door, 'health');
    for (const end of ['answered', 'shed', 'unknown'] as const) {
      door.end(end, 0, 1);
      expect(fill(door, 'health', 1)).toBe(1);
    }
  });

  it('lets everybody in where there is room for one alone', () => {
    const door = createAdmission({ min: 1, max: 1 });

    expect(fill(door, 'anonymous')).toBe(1);
  });

  it('is overloaded for a second after it refused somebody', () => {
    const door = createAdmission(bounds);
    expect(door.isOverloaded(0)).toBe(false);
    fill(door, 'health');

    expect(door.isOverloaded(999)).toBe(true);
    expect(door.isOverloaded(1000)).toBe(false);
  });

  it('is overloaded as soon as a fifth of the answers, and five, are sheds', () => {
    const door = createAdmission(bounds);
    for (let call = 0; call < 25; call += 1) door.begin(0);
    for (let call = 0; call < 4; call += 1) door.end('shed', 0, 1);
    expect(door.isOverloaded(1)).toBe(false);
    door.end('shed', 0, 1);
    expect(door.isOverloaded(1)).toBe(true);
  });

  it('takes no sample from what says nothing of the time it takes', () => {
    const door = createAdmission(bounds);
    for (let second = 0; second < 100; second += 1) {
      for (let call = 0; call < 150; call += 1) door.begin(second * 1000);
      for (let call = 0; call < 150; call += 1) door.end('unknown', second * 1000, second * 1000 + 999);
    }

    expect(door.report()).toMatchObject({ limit: 200, inFlight: 0 });
  });

  it('forgets an overload when nothing has been asked for a second', () => {
    const door = createAdmission(bounds);
    for (let round = 0; round < 20; round += 1) {
      for (let call = 0; call < 20; call += 1) door.begin(round * 200);
      for (let call = 0; call < 20; call += 1) door.end('shed', round * 200, round * 200 + 150);
    }
    expect(door.report().limit).toBeLessThan(20);
    door.begin(6000);

    expect(door.report().limit).toBe(200);
  });

  it('takes other bounds at once', () => {
    const door = createAdmission(bounds);
    door.configure({ min: 4, max: 10 });
    expect(door.report().limit).toBe(10);
    door.configure({ min: 50, max: 100 });

    expect(door.report().limit).toBe(50);
  });
});

describe('load: whatever comes and goes', () => {
  const step = fc.oneof(
    fc.record({ come: fc.constantFrom(...priorities), times: fc.nat(50) }),
    fc.record({ end: fc.constantFrom<TryEnd>('answered', 'shed', 'unknown'), times: fc.nat(50) }),
    fc.record({ ms: fc.nat(1500) }),
  );
  type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;

  const run = (steps: readonly Step[], { min, max }: typeof bounds) => {
    const door = createAdmission({ min, max });
    const underWay: number[] = [];
    let nowMs = 0;
    for (const one of steps) {
      if ('ms' in one) nowMs += one.ms;
      for (let time = 0; 'come' in one && time < one.times; time += 1) {
        const { limit } = door.report();
        const admitted = door.admit(one.come, nowMs);
        // Nobody is refused with fewer under way than the least that is always let in, nobody let in above the limit.
        if (!admitted) expect(underWay.length).toBeGreaterThanOrEqual(Math.ceil(min * 0.7));
        else expect(underWay.length).toBeLessThan(one.come === 'health' ? Math.min(max, limit * 1.5) : limit);
        if (!admitted) continue;
        door.begin(nowMs);
        underWay.push(nowMs);
      }
      for (let time = 0; 'end' in one && time < one.times; time += 1) {
        const beganAtMs = underWay.shift();
        if (beganAtMs !== undefined) door.end(one.end, beganAtMs, nowMs);
      }
      expect(door.report()).toMatchObject({ inFlight: underWay.length });
      expect(door.report().limit).toBeGreaterThanOrEqual(min);
      expect(door.report().limit).toBeLessThanOrEqual(max);
    }
    return { door, underWay, nowMs };
  };
  const anyBounds = fc
    .tuple(fc.integer({ min: 1, max: 50 }), fc.nat(1000))
    .map(([min, more]) => ({ min, max: min + more }));

  it('the limit stays in its bounds, what is under way is counted, and the least is always let in', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), anyBounds, (steps, within) => void run(steps, within)),
    );
  });

  it('it recovers: 5 s of quick answers are enough, whatever was before', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { door, underWay, nowMs } = run(steps, bounds);
        for (const beganAtMs of underWay) door.end('unknown', beganAtMs, nowMs);
        for (let atMs = nowMs; atMs < nowMs + 5000; atMs += 10) {
          door.begin(atMs);
          door.end('answered', atMs, atMs + 5);
        }

        expect(fill(door, 'anonymous', nowMs + 5000)).toBeGreaterThanOrEqual(140);
      }),
    );
  });
});
