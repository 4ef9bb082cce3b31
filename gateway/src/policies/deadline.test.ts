import { createManualClock } from '@gatehouse/testing';
import { describe, expect, it, vi } from 'vitest';
import { createTestExchange } from '../fixture/create-test-exchange.ts';
import { deadline } from './deadline.ts';

const clock = createManualClock(Date.UTC(2026, 10, 23));

describe('the time limit of a request', () => {
  it('is set on both clocks when the request gets here, and nothing is timed by it here', async () => {
    const { exchange } = createTestExchange({ clock });
    await clock.advance(250);
    deadline(2000, clock)(() => {})(exchange);

    expect(exchange.endsAtMs).toBe(clock.monotonic() + 2000);
    expect(exchange.deadlineAtMs).toBe(Date.UTC(2026, 10, 23) + 2250);
    expect(clock.pending()).toBe(0);
  });

  it('stands when the wall clock is set', () => {
    const { exchange } = createTestExchange({ clock });
    deadline(2000, clock)(() => clock.setWallClock(clock.now() + 3_600_000))(exchange);

    expect(exchange.endsAtMs - clock.monotonic()).toBe(2000);
  });

  it('lets pass, at once or later, with what the next one gives', () => {
    const { exchange } = createTestExchange({ clock });
    const later = Promise.resolve();
    const next = vi.fn(() => later);

    expect(deadline(2000, clock)(next)(exchange)).toBe(later);
    expect(next).toHaveBeenCalledExactlyOnceWith(exchange);
  });
});
