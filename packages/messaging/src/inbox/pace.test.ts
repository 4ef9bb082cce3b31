import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openPace, type Pace, paceAfter, paceAt, type TryOutcome } from './pace.ts';

const following = (outcomes: readonly TryOutcome[], from: Pace = openPace): Pace =>
  outcomes.reduce((pace, outcome) => paceAfter(pace, outcome, 0), from);

describe('a consumer', () => {
  it('becomes careful at the fifth failure in a row, and is open again at the first success', () => {
    expect(following(['failed', 'failed', 'failed', 'failed']).mode).toBe('open');
    expect(following(['failed', 'failed', 'failed', 'failed', 'failed']).mode).toBe('careful');
    expect(following(['failed', 'failed', 'failed', 'failed', 'done', 'failed']).mode).toBe('open');
    expect(following(['failed', 'failed', 'failed', 'failed', 'failed', 'done'])).toEqual(openPace);
  });

  it('takes a dead letter neither as a failure nor as a success', () => {
    expect(following(['failed', 'failed', 'dead-letter', 'failed', 'failed', 'failed']).mode).toBe('careful');
  });

  it('pauses when something is away: 100 ms, 200 ms … at most 1 s, and tries one in between', () => {
    let pace = openPace;
    let nowMs = 0;
    const pauses = [100, 200, 400, 800, 1_000, 1_000].map((pauseMs) => {
      pace = paceAfter(pace, 'away', nowMs);
      expect(paceAt(pace, nowMs + pauseMs - 1).mode).toBe('paused');
      nowMs += pauseMs;
      pace = paceAt(pace, nowMs);
      return pace.mode;
    });
    expect(pauses).toEqual(pauses.map(() => 'careful'));
  });

  it('takes what several report at once as one outage', () => {
    expect(following(['away', 'away', 'away'])).toEqual(following(['away']));
  });

  it('never stops for ever', () => {
    const outcomes = fc.array(fc.constantFrom<TryOutcome>('done', 'failed', 'dead-letter', 'away'));
    fc.assert(
      fc.property(outcomes, (list) => {
        expect(paceAt(following(list), 1_000).mode).not.toBe('paused');
      }),
    );
  });
});
