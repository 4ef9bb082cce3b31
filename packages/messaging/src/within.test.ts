import { createManualClock } from '@gatehouse/testing';
import { describe, expect, it } from 'vitest';
import { messagingError } from './messaging-errors.ts';
import { within } from './within.ts';

const late = () => messagingError('handler_timeout');

describe('work with a time limit', () => {
  it('gives what it gives when it is in time, and leaves no timer', async () => {
    const clock = createManualClock();
    expect(await within(Promise.resolve(7), { clock, timeoutMs: 100, late })).toBe(7);
    const failing = within(Promise.reject(new RangeError('no')), { clock, timeoutMs: 100, late });
    await expect(failing).rejects.toThrow('no');
    expect(clock.pending()).toBe(0);
  });

  it('is over when it is late, whatever becomes of it afterwards', async () => {
    const clock = createManualClock();
    const work = Promise.withResolvers<void>();
    const outcome = expect(within(work.promise, { clock, timeoutMs: 100, late })).rejects.toMatchObject({
      code: 'handler_timeout',
    });
    await clock.advance(100);
    await outcome;
    work.reject(new RangeError('too late to matter'));
  });
});
