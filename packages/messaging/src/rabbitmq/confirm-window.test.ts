import { createManualClock } from '@gatehouse/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ConfirmWindowSettings, createConfirmWindow, type Outgoing } from './confirm-window.ts';

/** A window over a channel that confirms when the test says so. */
const openWindow = (settings: Partial<ConfirmWindowSettings> = {}) => {
  const clock = createManualClock();
  const unconfirmed = new Map<string, (error?: unknown) => void>();
  const order: string[] = [];
  let late = 0;
  const window = createConfirmWindow({
    clock,
    limit: 3,
    limitBytes: 1_000,
    timeoutMs: 5_000,
    onLate: () => {
      late += 1;
    },
    ...settings,
  });
  const message = (id: string, bytes = 10): Outgoing => ({
    id,
    bytes,
    send: (onConfirm) => {
      order.push(id);
      unconfirmed.set(id, onConfirm);
    },
  });
  const confirm = (id: string, error?: unknown): void => {
    unconfirmed.get(id)?.(error);
    unconfirmed.delete(id);
  };
  return { window, clock, message, confirm, unconfirmed, order, late: () => late };
};

describe('a window of three', () => {
  it('sends three at once, and the next as one is confirmed, whichever', async () => {
    const { window, message, confirm, order } = openWindow();
    const publishing = window.publish(['a', 'b', 'c', 'd', 'e'].map((id) => message(id)));
    expect(order).toEqual(['a', 'b', 'c']);
    confirm('b');
    expect(order).toEqual(['a', 'b', 'c', 'd']);
    for (const id of ['a', 'c', 'd', 'e']) confirm(id);

    expect(await publishing).toEqual(Array.from({ length: 5 }, () => ({ status: 'stored' })));
    expect(window.size()).toBe(0);
  });

  it('is full by bytes too, and lets one through that is larger than all of it', async () => {
    const { window, message, confirm, order } = openWindow();
    const publishing = window.publish([message('a', 600), message('b', 600), message('c', 5_000)]);
    expect(order).toEqual(['a']);
    confirm('a');
    expect(order).toEqual(['a', 'b']);
    confirm('b');
    expect(order).toEqual(['a', 'b', 'c']);
    confirm('c');
    await publishing;
  });
});

describe('a message that came back', () => {
  it('has failed although it is confirmed', async () => {
    const { window, message, confirm } = openWindow();
    const publishing = window.publish([message('a'), message('b')]);
    const reason = new RangeError('no queue');
    window.returned('a', reason);
    confirm('a');
    confirm('b');

    expect(await publishing).toEqual([{ status: 'failed', error: reason }, { status: 'stored' }]);
  });
});

describe('a message that the broker refuses, and one that cannot be sent', () => {
  it('fail alone', async () => {
    const { window, message, confirm } = openWindow();
    const [nacked, odd] = [new RangeError('nacked'), new TypeError('odd')];
    const unsendable: Outgoing = {
      id: 'b',
      bytes: 1,
      send: () => {
        throw odd;
      },
    };
    const publishing = window.publish([message('a'), unsendable, message('c')]);
    confirm('a', nacked);
    confirm('c');

    expect(await publishing).toEqual([
      { status: 'failed', error: nacked },
      { status: 'failed', error: odd },
      { status: 'stored' },
    ]);
  });
});

describe('a confirm that does not come', () => {
  it('has failed after 5 s, with what still waited for room; what was confirmed is stored', async () => {
    const { window, clock, message, confirm, late, order } = openWindow();
    const publishing = window.publish(['a', 'b', 'c', 'd'].map((id) => message(id)));
    await clock.advance(4_999);
    confirm('b');
    await clock.advance(1);

    const results = await publishing;
    expect(results.map(({ status }) => status)).toEqual(['failed', 'stored', 'failed', 'failed']);
    expect(results[0]).toMatchObject({ error: { code: 'publish_timeout', kind: 'unavailable' } });
    expect(order).toEqual(['a', 'b', 'c', 'd']);
    expect(late()).toBe(1);
    expect([window.size(), clock.pending()]).toEqual([0, 0]);
  });

  it('changes nothing any more when it comes late', async () => {
    const { window, clock, message, confirm } = openWindow();
    const publishing = window.publish([message('a')]);
    await clock.advance(5_000);
    confirm('a');

    expect(await publishing).toMatchObject([{ status: 'failed' }]);
    expect(window.size()).toBe(0);
  });
});

describe('a channel that is gone', () => {
  it('fails what it had and what comes later, at once', async () => {
    const { window, clock, message } = openWindow();
    const publishing = window.publish(['a', 'b', 'c', 'd'].map((id) => message(id)));
    const reason = new RangeError('gone');
    window.fail(reason);

    expect(await publishing).toEqual(Array.from({ length: 4 }, () => ({ status: 'failed', error: reason })));
    expect(await window.publish([message('e')])).toEqual([{ status: 'failed', error: reason }]);
    expect(clock.pending()).toBe(0);
  });
});

describe('a window under anything that a broker may do', () => {
  it('gives every message one result, in the order sent, and is never over its limit', async () => {
    const behaviours = fc.array(fc.constantFrom('confirm', 'nack', 'return', 'never'), {
      minLength: 1,
      maxLength: 30,
    });
    await fc.assert(
      fc.asyncProperty(behaviours, fc.integer({ min: 1, max: 6 }), async (all, limit) => {
        const { window, clock, message, confirm, unconfirmed, order } = openWindow({ limit });
        const publishing = window.publish(all.map((_, i) => message(String(i))));
        let most = 0;
        for (let step = 0; step < all.length * 2; step++) {
          most = Math.max(most, unconfirmed.size);
          const [next] = [...unconfirmed.keys()].filter((id) => all[Number(id)] !== 'never');
          if (next === undefined) break;
          if (all[Number(next)] === 'return') window.returned(next, new RangeError('returned'));
          confirm(next, all[Number(next)] === 'nack' ? new RangeError('nacked') : undefined);
        }
        await clock.advance(5_000);
        const results = await publishing;

        expect(most).toBeLessThanOrEqual(limit);
        expect(order).toEqual([...order].sort((a, b) => Number(a) - Number(b)));
        for (const [i, result] of results.entries())
          if (result.status === 'stored') expect(all[i]).toBe('confirm');
        expect(results).toHaveLength(all.length);
        expect([window.size(), clock.pending()]).toEqual([0, 0]);
      }),
    );
  });
});
