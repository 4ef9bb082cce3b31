import { describe, expect, it } from 'vitest';
import { createUpgradeSeats } from './upgrade-seats.ts';

describe('upgrades: places', () => {
  it('are counted for each caller and for all, and come free again', () => {
    const refusals: string[] = [];
    const seats = createUpgradeSeats(
      () => ({ open: 3, openByCaller: 2 }),
      (limit) => refusals.push(limit),
    );
    const leave = seats.take('ana');
    seats.take('ana');
    expect(() => seats.take('ana')).toThrow(expect.objectContaining({ code: 'rate_limited' }));
    seats.take('ben');
    expect(() => seats.take('cem')).toThrow(expect.objectContaining({ code: 'overloaded' }));
    leave();
    seats.take('ana');

    expect([seats.taken(), refusals]).toEqual([3, ['upgrades']]);
  });

  it('follow limits that change while they are taken', () => {
    let open = 1;
    const seats = createUpgradeSeats(
      () => ({ open, openByCaller: 10 }),
      () => {},
    );
    seats.take('ana');
    expect(() => seats.take('ben')).toThrow();
    open = 2;
    seats.take('ben');

    expect(seats.taken()).toBe(2);
  });
});
