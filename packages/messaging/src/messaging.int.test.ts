import { PostDeleted, UserDeleted } from '@gatehouse/contracts';
import { defineErrors } from '@gatehouse/errors';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runInContext } from './message-context.ts';
import { newEvent } from './new-event.ts';
import { createSubscription, on } from './subscription.ts';
import { openTestService, postDeleted, postId, type TestService } from './testing/open-test-service.ts';

const testError = defineErrors({ mail_away: ['unavailable', 'No mail today.'] });

let service: TestService;
beforeEach(async () => {
  service = await openTestService('posts');
});
afterEach(() => service.close());

/** A consumer that writes down what it got, in the message's transaction. */
const recording = (consumer = 'posts.recorder', fail: (version: number) => unknown = () => undefined) =>
  createSubscription({
    consumer,
    handlers: [
      on(PostDeleted, async (event, tx) => {
        await sql`insert into effects (event_id, label)
          values (${event.id}, ${`${consumer} ${event.aggregateversion}`})`.execute(tx);
        const error = fail(event.aggregateversion);
        if (error !== undefined) throw error;
      }),
    ],
  });

const labels = async () => (await service.effects()).map(({ label }) => label);

describe('an event that is said in a transaction', () => {
  it('reaches every subscription once', async () => {
    await service.messaging.subscribe(recording('posts.one'));
    await service.messaging.subscribe(recording('posts.two'));
    await service.messaging.start();

    await service.say(postId(1), 1);
    await service.messaging.whenIdle();

    expect((await labels()).sort()).toEqual(['posts.one 1', 'posts.two 1']);
    expect(await service.messaging.status()).toEqual({
      outbox: { unsent: 0, held: 0, oldestSeconds: 0 },
      inbox: { pending: 0, waiting: 0, parkedKeys: 0 },
      catchUps: [],
      deadLetters: 0,
      relay: 'active',
    });
  });

  it('is never said when the transaction is rolled back', async () => {
    await service.messaging.subscribe(recording());
    await service.messaging.start();

    const failing = service.transact(async (tx) => {
      await service.messaging.outbox.append(tx, [postDeleted(postId(1), 1)]);
      throw new RangeError('changed my mind');
    });
    await expect(failing).rejects.toThrow('changed my mind');
    await service.say(postId(2), 7);
    await service.messaging.whenIdle();

    expect(await labels()).toEqual(['posts.recorder 7']);
  });

  it('is sent by whoever starts next when its writer died before sending', async () => {
    await service.say(postId(1), 1);
    await service.messaging.subscribe(recording());
    await service.messaging.start();
    await service.messaging.whenIdle();

    expect(await labels()).toEqual(['posts.recorder 1']);
  });

  it('goes out in order of its version, also when the later change was written first', async () => {
    await service.transact((tx) =>
      service.messaging.outbox.append(tx, [
        postDeleted(postId(1), 2),
        postDeleted(postId(1), 3),
        postDeleted(postId(1), 1),
      ]),
    );
    await service.messaging.subscribe(recording());
    await service.messaging.start();
    await service.messaging.whenIdle();

    expect(await labels()).toEqual(['posts.recorder 1', 'posts.recorder 2', 'posts.recorder 3']);
  });

  it('refuses data that its contract does not know', async () => {
    const wrong = newEvent(PostDeleted, {
      aggregateId: postId(1),
      aggregateVersion: 1,
      data: { postId: 'seven', authorId: postId(0) },
    });

    await expect(
      service.transact((tx) => service.messaging.outbox.append(tx, [wrong])),
    ).rejects.toMatchObject({
      code: 'event_invalid',
      kind: 'internal',
    });
  });
});

describe('what a handler says', () => {
  it('is committed with its effect and names the event as its cause', async () => {
    const userDeleted = newEvent(UserDeleted, {
      aggregateId: postId(9),
      aggregateVersion: 1,
      data: { userId: postId(9) },
    });
    await service.messaging.subscribe(
      createSubscription({
        consumer: 'posts.cleaner',
        handlers: [
          on(UserDeleted, (event, tx) =>
            service.messaging.outbox.append(tx, [postDeleted(event.data.userId, event.aggregateversion)]),
          ),
        ],
      }),
    );
    await service.messaging.subscribe(recording());
    await service.messaging.start();

    const request = {
      correlationId: 'request-1',
      traceparent: '00-abc-def-01',
      command: 'DELETE /api/users/:id',
    };
    await runInContext(request, () =>
      service.transact((tx) => service.messaging.outbox.append(tx, [userDeleted])),
    );
    await service.messaging.whenIdle();

    const [effect, cause, ...rest] = await service.messaging.history.list({ correlationId: 'request-1' });
    expect(rest).toEqual([]);
    expect(cause).toMatchObject({
      type: UserDeleted.type,
      traceparent: '00-abc-def-01',
      command: 'DELETE /api/users/:id',
    });
    expect(cause).not.toHaveProperty('causationId');
    expect(effect).toMatchObject({
      type: PostDeleted.type,
      causationId: cause?.id,
      command: 'posts.cleaner',
      traceparent: '00-abc-def-01',
    });
    expect(await labels()).toEqual(['posts.recorder 1']);
  });
});

describe('a message that fails', () => {
  it('is tried five times at once, then after 10, 20 and 30 s, and is a dead letter after that', async () => {
    await service.messaging.subscribe(
      recording('posts.recorder', (v) => (v === 1 ? new RangeError('no') : undefined)),
    );
    await service.messaging.start();
    await service.say(postId(1), 1);
    await service.say(postId(1), 2);
    await service.say(postId(2), 3);
    const attempts = async () => {
      await service.messaging.whenIdle();
      const { rows } = await sql<{ attempts: number; waits: number }>`
        select attempts, round(extract(epoch from due_at - now()))::int as waits from inbox
        where key = ${postId(1)} order by position limit 1`.execute(service.db);
      return rows[0];
    };

    for (const [tried, waits] of [
      [5, 10],
      [6, 20],
      [7, 30],
    ] as const) {
      const seen = await attempts();
      expect(seen?.attempts).toBe(tried);
      expect(seen?.waits).toBeGreaterThan(waits - 10);
      expect(seen?.waits).toBeLessThanOrEqual(waits);
      expect(await labels()).toEqual(['posts.recorder 3']);
      expect((await service.messaging.status()).inbox).toEqual({ pending: 2, waiting: 1, parkedKeys: 1 });
      await service.letTimePass(waits);
    }
    expect((await attempts())?.attempts).toBe(8);
    expect(await labels()).toEqual(['posts.recorder 3', 'posts.recorder 2']);
    expect(await service.messaging.deadLetters.list()).toMatchObject([
      {
        consumer: 'posts.recorder',
        attempts: 8,
        error: { code: 'internal_error', message: 'no' },
        status: 'open',
      },
    ]);
  });

  it('costs no attempt when something it needs is away', async () => {
    let isAway = true;
    await service.messaging.subscribe(
      recording('posts.recorder', () => (isAway ? testError('mail_away') : undefined)),
    );
    await service.messaging.start();
    await service.say(postId(1), 1);
    await expect
      .poll(() => service.logger.lines)
      .toContainEqual(expect.objectContaining({ msg: 'consumer pauses', consumer: 'posts.recorder' }));
    isAway = false;
    await service.messaging.whenIdle();

    expect(await labels()).toEqual(['posts.recorder 1']);
    const { rows } = await sql`select attempts, state from inbox`.execute(service.db);
    expect(rows).toEqual([{ attempts: 0, state: 'done' }]);
  });
});
