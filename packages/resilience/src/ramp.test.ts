import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { down, startBreaker } from './fixture/start-breaker.ts';

let { breaker, clock, fail, refusal, succeed } = startBreaker();

/** Open, its time over, three good probes: closed, and on the ramp. */
const reopenAndClose = async (): Promise<void> => {
  fail(5);
  await clock.advance(5000);
  succeed(3);
};

const passed = (calls: number): number => {
  let admitted = 0;
  for (let call = 0; call < calls; call += 1) {
    try {
      breaker.admit();
      admitted += 1;
    } catch {}
  }
  return admitted;
};

beforeEach(async () => {
  ({ breaker, clock, fail, refusal, succeed } = startBreaker());
  await reopenAndClose();
});

describe('breaker: half-open lets 3 probes through, counted, then ramps', () => {
  it('is closed from the first moment, and says how much it lets through', async () => {
    expect(breaker.report()).toMatchObject({ state: 'closed', rampPercent: 10 });
    await clock.advance(750);
    expect(breaker.report()).toMatchObject({ state: 'closed', rampPercent: 50 });
    await clock.advance(750);
    expect(breaker.report().rampPercent).toBeUndefined();
  });

  it('lets through a tenth of what comes on top of three at once', () => {
    expect(passed(3 + 100)).toBe(3 + 10);
    expect(refusal()).toMatchObject({ code: 'circuit_open', details: { retryAfterSeconds: 1 } });
  });

  it('lets through a share that grows with time', async () => {
    passed(3);
    const shares: number[] = [];
    for (let step = 0; step < 10; step += 1) {
      await clock.advance(150);
      shares.push(passed(50));
    }

    expect(shares).toEqual([5, 10, 15, 20, 25, 30, 35, 40, 45, 50]);
  });

  it('refuses nothing while fewer than three are under way', () => {
    for (let call = 0; call < 200; call += 1) succeed();

    expect(breaker.report()).toMatchObject({ successes: 200, rampPercent: 10 });
  });

  it('refuses nothing once it is over', async () => {
    await clock.advance(1500);

    expect(passed(1000)).toBe(1000);
  });

  it('opens again by the same rules, and begins again at the bottom', async () => {
    await clock.advance(750);
    fail(5);
    expect(breaker.report()).toMatchObject({ state: 'open', cause: '5 failures in a row' });
    await clock.advance(5000);
    succeed(3);

    expect(breaker.report().rampPercent).toBe(10);
  });

  it('is left out when an operator closes it', () => {
    breaker.force('open');
    breaker.force('auto');

    expect(breaker.report().rampPercent).toBeUndefined();
    expect(passed(100)).toBe(100);
  });

  it('never lets more through than three at once and the share of the moment', async () => {
    const step = fc.oneof(
      fc.record({ calls: fc.nat(50) }),
      fc.record({ ms: fc.integer({ min: 1, max: 300 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        ({ breaker, clock, fail, succeed } = startBreaker());
        await reopenAndClose();
        const startedAt = clock.monotonic();
        let [bound, admitted] = [3, 0];
        for (const one of steps) {
          if ('ms' in one) await clock.advance(one.ms);
          else {
            bound += one.calls * Math.min(1, Math.max(0.1, (clock.monotonic() - startedAt) / 1500));
            admitted += passed(one.calls);
          }
          expect(admitted).toBeLessThanOrEqual(bound + 1e-6);
        }
      }),
    );
  });
});

describe('breaker: causes kept', () => {
  it('says why it opened after it has closed', () => {
    expect(breaker.report()).toMatchObject({
      state: 'closed',
      lastOpenings: [{ cause: '5 failures in a row' }],
    });
  });

  it('keeps the last five, newest first', async () => {
    for (let round = 0; round < 6; round += 1) {
      breaker.trip(`cause ${round}`);
      breaker.recover();
      succeed(3);
    }

    expect(breaker.report().lastOpenings.map(({ cause }) => cause)).toEqual([
      'cause 5',
      'cause 4',
      'cause 3',
      'cause 2',
      'cause 1',
    ]);
  });
});

describe('a call of before the ramp', () => {
  it('is not counted out of it', async () => {
    ({ breaker, clock, fail, refusal, succeed } = startBreaker());
    const early = [breaker.admit(), breaker.admit(), breaker.admit()];
    await reopenAndClose();
    expect(passed(3)).toBe(3);
    for (const permit of early) permit.fail(down);

    refusal();
  });
});
