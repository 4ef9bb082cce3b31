import { describe, expect, it } from 'vitest';
import { createPatience } from './patience.ts';

const machineThatIsBusyFor = (looks: number, limitMs: number) => {
  let nowMs = 0;
  let busyMs = 0;
  const patience = createPatience({
    bounds: { foreignCores: 0.1, stolenCores: 0.05 },
    limitMs,
    read: () => ({ busyMs, stolenMs: 0 }),
    now: () => nowMs,
    pause: async (ms) => {
      if (nowMs < looks * ms) busyMs += ms;
      nowMs += ms;
    },
  });
  return { patience, waitedMs: () => nowMs };
};

describe('waiting for a quiet machine', () => {
  it('goes on as soon as one look found nothing', async () => {
    const { patience, waitedMs } = machineThatIsBusyFor(3, 60_000);
    await patience.waitForQuiet();
    expect(waitedMs()).toBe(4000);
  });

  it('ends when the time to wait is used up, and does not wait again', async () => {
    const { patience, waitedMs } = machineThatIsBusyFor(100, 5000);
    await patience.waitForQuiet();
    await patience.waitForQuiet();
    expect(waitedMs()).toBe(5000);
  });

  it('does not look at all when there is no time to wait', async () => {
    const { patience, waitedMs } = machineThatIsBusyFor(1, 0);
    await patience.waitForQuiet();
    expect(waitedMs()).toBe(0);
  });
});
