import { createManualClock } from '@gatehouse/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRetryBudget } from './retry-budget.ts';

const withdrawAll = (budget: { tryWithdraw(): boolean }): number => {
  let taken = 0;
  while (budget.tryWithdraw()) taken += 1;
  return taken;
};

describe('a retry budget', () => {
  it('has ten retries without any traffic', () => {
    const budget = createRetryBudget({ clock: createManualClock() });

    expect(withdrawAll(budget)).toBe(10);
  });

  it('gets ten a second back, never more at once', async () => {
    const clock = createManualClock();
    const budget = createRetryBudget({ clock });
    withdrawAll(budget);
    await clock.advance(500);
    expect(withdrawAll(budget)).toBe(5);
    await clock.advance(60_000);

    expect(withdrawAll(budget)).toBe(10);
  });

  it('earns one retry with five first attempts', () => {
    const budget = createRetryBudget({ clock: createManualClock(), minimumPerSecond: 0 });
    for (let call = 0; call < 4; call += 1) budget.deposit();
    expect(budget.tryWithdraw()).toBe(false);
    budget.deposit();

    expect(withdrawAll(budget)).toBe(1);
  });

  it('keeps what was earned for nine to ten seconds', async () => {
    const clock = createManualClock();
    const budget = createRetryBudget({ clock, minimumPerSecond: 0 });
    for (let call = 0; call < 10; call += 1) budget.deposit();
    await clock.advance(9000);
    expect(budget.tryWithdraw()).toBe(true);
    await clock.advance(1000);

    expect(budget.tryWithdraw()).toBe(false);
  });

  it('never gives more than 0.2 of the attempts and 10 a second, however they come', async () => {
    const step = fc.oneof(
      fc.record({ deposits: fc.nat(200) }),
      fc.record({ withdrawals: fc.nat(100) }),
      fc.record({ ms: fc.nat(3000) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const clock = createManualClock();
        const budget = createRetryBudget({ clock });
        let [deposits, withdrawals, givenSince] = [0, 0, 0];
        for (const one of steps) {
          if ('ms' in one) await clock.advance(one.ms);
          else if ('deposits' in one) {
            for (let call = 0; call < one.deposits; call += 1) budget.deposit();
            deposits += one.deposits;
          } else {
            for (let call = 0; call < one.withdrawals; call += 1) if (budget.tryWithdraw()) withdrawals += 1;
          }
          givenSince = deposits * 0.2 + 10 + clock.monotonic() / 100;
          expect(withdrawals).toBeLessThanOrEqual(givenSince + 1e-6);
        }
      }),
    );
  });

  it('gives everything that was earned in the last nine seconds', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(100), fc.nat(900)), { maxLength: 9 }), async (bursts) => {
        const clock = createManualClock();
        const budget = createRetryBudget({ clock, minimumPerSecond: 0 });
        let deposits = 0;
        for (const [calls, ms] of bursts) {
          for (let call = 0; call < calls; call += 1) budget.deposit();
          deposits += calls;
          await clock.advance(ms);
        }

        expect(withdrawAll(budget)).toBe(Math.floor(deposits / 5));
      }),
    );
  });
});
