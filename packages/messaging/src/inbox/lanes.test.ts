import { createManualClock } from '@gatehouse/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createModelInbox, type ModelMessage } from '../testing/model-inbox.ts';
import { createLanes } from './lanes.ts';

const workers = 3;

const runAll = async (messages: readonly ModelMessage[], instances = 1) => {
  const clock = createManualClock();
  const inbox = createModelInbox(messages, clock);
  const paused: string[] = [];
  const all = Array.from({ length: instances }, () => {
    const lanes = createLanes({
      store: inbox.store(),
      clock,
      workers,
      pollMs: 500,
      onError: () => {},
      onPause: (consumer) => paused.push(consumer),
    });
    for (const consumer of new Set(messages.map((message) => message.consumer))) lanes.add(consumer);
    lanes.start();
    return lanes;
  });
  for (let seconds = 0; seconds < 2_000 && !inbox.isSettled(); seconds++) await clock.advance(1_000);
  await Promise.all(all.map((lanes) => lanes.stop()));
  return { inbox, clock, paused };
};

const message = fc.record({
  consumer: fc.constantFrom('posts.a', 'posts.b'),
  key: fc.constantFrom('one', 'two', 'three', 'four'),
  script: fc.array(fc.constantFrom('fail', 'away', 'throw', 'slow'), { maxLength: 10 }),
  end: fc.constantFrom('done', 'done', 'done', 'hopeless', 'never'),
}) as fc.Arbitrary<ModelMessage>;

describe('lanes', () => {
  it.each([1, 3])(
    'settle every message, each key in order of arrival, over %i instances',
    async (instances) => {
      await fc.assert(
        fc.asyncProperty(fc.array(message, { maxLength: 25 }), async (messages) => {
          const { inbox, clock } = await runAll(messages, instances);

          expect(inbox.violations()).toEqual([]);
          expect(inbox.isSettled()).toBe(true);
          expect(inbox.mostAtOnce()).toBeLessThanOrEqual(workers * instances);
          expect(inbox.deadLetters()).toBe(
            messages.filter(({ end }) => end !== 'done').length + inbox.exhausted(),
          );
          expect(clock.pending()).toBe(0);
        }),
        { numRuns: 60 },
      );
    },
  );

  it('work on several keys at once, and on one key alone never', async () => {
    const messages = ['one', 'one', 'two', 'three', 'four'].map(
      (key): ModelMessage => ({ consumer: 'posts.a', key, script: ['slow', 'slow'], end: 'done' }),
    );
    const { inbox } = await runAll(messages);

    expect(inbox.mostAtOnce()).toBe(workers);
    expect(inbox.violations()).toEqual([]);
  });

  it('go one at a time after five failures in a row, until one succeeds', async () => {
    const failing = Array.from(
      { length: 8 },
      (_, i): ModelMessage => ({
        consumer: 'posts.a',
        key: `key ${i}`,
        script: ['fail', 'fail', 'fail'],
        end: 'done',
      }),
    );
    const { inbox } = await runAll(failing);

    const fifthFailure = inbox.log().filter(({ outcome }) => outcome === 'failed')[4];
    const firstSuccess = inbox.log().find(({ outcome }) => outcome === 'done');
    const between = inbox
      .log()
      .filter(
        ({ beganAt }) => beganAt > Number(fifthFailure?.endedAt) && beganAt < Number(firstSuccess?.endedAt),
      );
    expect(between.length).toBeGreaterThan(0);
    expect(between.every(({ atOnce }) => atOnce === 1)).toBe(true);
  });

  it('pause a consumer whose needs are away, tell it once, and leave the others alone', async () => {
    const away: ModelMessage = {
      consumer: 'posts.a',
      key: 'one',
      script: ['away', 'away', 'away', 'away', 'away'],
      end: 'done',
    };
    const fine = Array.from(
      { length: 5 },
      (): ModelMessage => ({
        consumer: 'posts.b',
        key: 'one',
        script: [],
        end: 'done',
      }),
    );
    const { inbox, paused } = await runAll([away, ...fine]);

    expect(paused).toEqual(['posts.a']);
    expect(inbox.log().at(-1)).toMatchObject({ consumer: 'posts.a', outcome: 'done' });
    expect(inbox.attempts(0)).toBe(0);
  });
});

describe('a consumer that leaves', () => {
  it('is gone when its message in hand is done', async () => {
    const clock = createManualClock();
    const inbox = createModelInbox(
      [
        { consumer: 'posts.a', key: 'one', script: ['slow'], end: 'done' },
        { consumer: 'posts.a', key: 'one', script: [], end: 'done' },
      ],
      clock,
    );
    const lanes = createLanes({
      store: inbox.store(),
      clock,
      workers,
      pollMs: 500,
      onError: () => {},
      onPause: () => {},
    });
    lanes.add('posts.a');
    lanes.start();
    await inbox.untilBegun();
    await lanes.remove('posts.a');
    await lanes.stop();

    expect(inbox.log().map(({ outcome }) => outcome)).toEqual(['done']);
    expect(inbox.isSettled()).toBe(false);
  });
});
