import { PostDeleted } from '@gatehouse/contracts';
import { AppError } from '@gatehouse/errors';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSubscription, on } from '../subscription.ts';
import { openTestService, postId, type TestService } from '../testing/open-test-service.ts';
import { eventNamed } from '../testing/transport-recorder.ts';

let service: TestService;
let broken: Readonly<Record<string, string>>;

beforeEach(async () => {
  broken = { [postId(1)]: 'odd_post', [postId(2)]: 'odd_post', [postId(3)]: 'other_trouble' };
  service = await openTestService('posts');
  await service.messaging.subscribe(consumer('posts.recorder'));
  await service.messaging.start();
});
afterEach(() => service.close());

const consumer = (name: string) =>
  createSubscription({
    consumer: name,
    handlers: [
      on(PostDeleted, async (event, tx) => {
        const code = event.aggregateversion < 10 ? broken[event.subject] : undefined;
        if (code !== undefined) throw new AppError({ code, kind: 'malformed', message: 'No.' });
        await sql`insert into effects (event_id, label)
          values (${event.id}, ${`${event.subject.at(-1)}:${event.aggregateversion}`})`.execute(tx);
      }),
    ],
  });
const labels = async () => {
  await service.messaging.whenIdle();
  return (await service.effects()).map(({ label }) => label);
};
const open = async () => {
  await service.messaging.whenIdle();
  return (await service.messaging.deadLetters.list()).length;
};
const failThree = async () => {
  for (const version of [1, 2]) for (const post of [1, 2, 3]) await service.say(postId(post), version);
  expect(await open()).toBe(6);
};

describe('dead letters are replayed (one, filtered, all; dry run; rate-limited; through the inbox)', () => {
  it('a dry run says what would come of all that fit, and does nothing', async () => {
    await failThree();
    await service.say(postId(1), 10);
    await service.transport.publish([{ ...eventNamed('post', 'deleted', postId(4)), data: {} }]);
    expect(await open()).toBe(7);
    const { deadLetters } = service.messaging;

    const report = await deadLetters.replayMany({}, { dryRun: true });
    expect(report).toMatchObject({
      dryRun: true,
      matched: 7,
      replayed: 6,
      refused: 1,
      overtaken: 2,
      left: 0,
    });
    expect(report.letters.find(({ accepted }) => !accepted)?.reason).toContain('does not fit');
    expect(await open()).toBe(7);
    expect(await labels()).toEqual(['1:10']);
  });

  it('filtered by error, each key in the order in which it came; the others stay', async () => {
    await failThree();
    broken = {};
    const { deadLetters } = service.messaging;
    expect(await deadLetters.replayMany({ error: 'odd_' })).toMatchObject({ replayed: 4, left: 0 });
    expect(await open()).toBe(2);
    await service.letTimePass(10);

    const done = await labels();
    expect(done.toSorted()).toEqual(['1:1', '1:2', '2:1', '2:2']);
    for (const post of ['1', '2'])
      expect(done.filter((label) => label.startsWith(post))).toEqual([`${post}:1`, `${post}:2`]);
  });

  it('all of them, the oldest first, as many as the limit allows', async () => {
    await failThree();
    broken = {};
    const { deadLetters } = service.messaging;
    expect(await deadLetters.replayMany({ limit: 4 })).toMatchObject({ matched: 6, replayed: 4, left: 2 });
    expect(await deadLetters.replayMany()).toMatchObject({ matched: 2, replayed: 2, left: 0 });
    expect(await deadLetters.replayMany()).toMatchObject({ matched: 0, replayed: 0, letters: [] });
    await service.letTimePass(10);
    expect(await labels()).toHaveLength(6);
    expect(await open()).toBe(0);
  });

  it('100 a second, by the time that PostgreSQL has of each', async () => {
    await sql`
      insert into dead_letters (id, consumer, event_id, type, subject, event, error_code, error_message, attempts,
        first_failed_at, last_failed_at)
      select 'letter ' || n, 'posts.recorder', 'event ' || n, ${PostDeleted.type}, 'subject ' || n,
        ${JSON.stringify({ ...eventNamed('post', 'deleted', 'x'), data: { postId: postId(7), authorId: postId(8) } })}::jsonb
          || jsonb_build_object('id', 'event ' || n, 'subject', 'subject ' || n),
        'odd', 'odd', 8, now(), now()
      from generate_series(1, 301) n`.execute(service.db);
    const report = await service.messaging.deadLetters.replayMany({ limit: 1_000 });
    expect(report.replayed).toBe(301);
    const { rows } = await sql<{ seconds: number }>`
      select extract(epoch from max(due_at) - min(due_at))::float8 as seconds from inbox where replay = 1`.execute(
      service.db,
    );
    expect(rows[0]?.seconds).toBeCloseTo(3, 3);
  });

  it('a replay that fails again is a dead letter that names its original', async () => {
    await service.say(postId(1), 1);
    const { deadLetters } = service.messaging;
    await service.messaging.whenIdle();
    const [first] = await deadLetters.list();
    await deadLetters.replayMany();
    expect(await open()).toBe(1);
    expect((await deadLetters.list())[0]).toMatchObject({ replayOf: first?.id, eventId: first?.eventId });
  });

  it('what nobody listens for any more is left alone, and told', async () => {
    const leave = await service.messaging.subscribe(consumer('posts.leaving'));
    await service.say(postId(1), 1);
    expect(await open()).toBe(2);
    await leave();
    const report = await service.messaging.deadLetters.replayMany({ consumer: 'posts.leaving' });

    expect(report).toMatchObject({ matched: 1, replayed: 0, refused: 1 });
    expect(report.letters[0]?.reason).toMatch(/not subscribed/);
    expect(await open()).toBe(2);
  });
});

describe('when one message of a key waits, the later ones of that key wait behind it', () => {
  it('and the list of parked keys says which, why, until when and how many are behind', async () => {
    const failing = createSubscription({
      consumer: 'posts.waiting',
      handlers: [
        on(PostDeleted, async ({ subject }) => {
          if (subject === postId(7)) throw new RangeError('not today');
        }),
      ],
    });
    await service.messaging.subscribe(failing);
    for (const version of [1, 2, 3]) await service.say(postId(7), version);
    await service.say(postId(8), 1);
    await service.messaging.whenIdle();

    const { parkedKeys } = service.messaging;
    const [parked, ...others] = await parkedKeys.list();
    expect(others).toEqual([]);
    expect(parked).toMatchObject({
      consumer: 'posts.waiting',
      key: postId(7),
      type: PostDeleted.type,
      attempts: 5,
      error: 'not today',
      behind: 2,
    });
    expect(Date.parse(String(parked?.nextTryAt))).toBeGreaterThan(Date.parse(String(parked?.firstFailedAt)));
    expect(await parkedKeys.list({ consumer: 'posts.recorder' })).toEqual([]);
  });
});
