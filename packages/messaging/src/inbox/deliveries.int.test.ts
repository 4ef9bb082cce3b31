import { PostDeleted } from '@gatehouse/contracts';
import { AppError } from '@gatehouse/errors';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSubscription, on } from '../subscription.ts';
import { openTestService, postId, type TestService } from '../testing/open-test-service.ts';

let service: TestService;
let isBroken = true;
beforeEach(async () => {
  isBroken = true;
  service = await openTestService('posts');
  await service.messaging.subscribe(consumer('posts.fine', () => undefined));
  await service.messaging.subscribe(
    consumer('posts.failing', () => (isBroken ? new RangeError('not today') : undefined)),
  );
  await service.messaging.subscribe(
    consumer('posts.strict', () =>
      isBroken ? new AppError({ code: 'odd', kind: 'malformed', message: 'Odd.' }) : undefined,
    ),
  );
  await service.messaging.start();
});
afterEach(() => service.close());

const consumer = (name: string, failure: () => unknown) =>
  createSubscription({
    consumer: name,
    handlers: [
      on(PostDeleted, async () => {
        const error = failure();
        if (error !== undefined) throw error;
      }),
    ],
  });

describe('what became of an event (deliveries, retries)', () => {
  it('is told for each consumer: done, waiting for a retry, or a dead letter', async () => {
    await service.say(postId(1), 1);
    await service.messaging.whenIdle();
    const [event] = await service.messaging.history.list();
    const eventId = String(event?.id);
    const deliveries = (await service.messaging.deliveries.of([eventId])).toSorted((a, b) =>
      a.consumer < b.consumer ? -1 : 1,
    );
    const [letter] = await service.messaging.deadLetters.list();

    expect(deliveries).toMatchObject([
      {
        eventId,
        consumer: 'posts.failing',
        state: 'waiting',
        attempts: 5,
        error: 'not today',
        nextTryAt: expect.any(String),
      },
      { eventId, consumer: 'posts.fine', state: 'done', attempts: 0, settledAt: expect.any(String) },
      {
        eventId,
        consumer: 'posts.strict',
        state: 'dead',
        attempts: 1,
        error: 'Odd.',
        deadLetter: { id: letter?.id, status: 'open' },
      },
    ]);
    expect(await service.messaging.deliveries.of(['nobody'])).toEqual([]);
  });

  it('a replay is a delivery of its own, that names its original', async () => {
    await service.say(postId(1), 1);
    await service.messaging.whenIdle();
    const [letter] = await service.messaging.deadLetters.list();
    isBroken = false;
    await service.messaging.deadLetters.replay(String(letter?.id));
    await service.messaging.whenIdle();
    const deliveries = await service.messaging.deliveries.of([String(letter?.eventId)]);

    expect(deliveries.filter((one) => one.consumer === 'posts.strict')).toMatchObject([
      { state: 'dead', deadLetter: { id: letter?.id, status: 'replayed' } },
      { state: 'done', replayOf: letter?.id },
    ]);
  });
});
