import { PostDeleted } from '@gatehouse/contracts';
import { AppError } from '@gatehouse/errors';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSubscription, on } from '../subscription.ts';
import { openTestService, postDeleted, postId, type TestService } from '../testing/open-test-service.ts';
import { eventNamed } from '../testing/transport-recorder.ts';

let service: TestService;
let isBroken: boolean;

beforeEach(async () => {
  isBroken = true;
  service = await openTestService('posts');
  await service.messaging.subscribe(consumer());
  await service.messaging.start();
});
afterEach(() => service.close());

const consumer = () =>
  createSubscription({
    consumer: 'posts.recorder',
    handlers: [
      on(PostDeleted, async (event, tx) => {
        if (isBroken && event.aggregateversion === 1)
          throw new AppError({ code: 'odd_post', kind: 'malformed', message: 'An odd post.' });
        await sql`insert into effects (event_id, label) values (${event.id}, ${event.data.authorId})`.execute(
          tx,
        );
      }),
    ],
  });

const onlyDeadLetter = async () => {
  await service.messaging.whenIdle();
  const [letter, ...others] = await service.messaging.deadLetters.list();
  expect(others).toEqual([]);
  if (letter === undefined) throw new TypeError('there is no dead letter');
  return letter;
};

describe('a message that nobody can process', () => {
  it('is a dead letter at once when the handler says that it is malformed', async () => {
    await service.say(postId(1), 1);

    expect(await onlyDeadLetter()).toMatchObject({
      consumer: 'posts.recorder',
      type: PostDeleted.type,
      subject: postId(1),
      attempts: 1,
      error: { code: 'odd_post', message: 'An odd post.' },
      event: { aggregateversion: 1, data: { postId: postId(1) } },
      status: 'open',
    });
  });

  it('is one when its data does not fit the contract, naming the field', async () => {
    const event = { ...eventNamed('post', 'deleted', postId(1)), data: { postId: 'x', authorId: postId(2) } };
    await service.transport.publish([event]);

    expect((await onlyDeadLetter()).error).toMatchObject({
      code: 'event_unreadable',
      message: expect.stringContaining('/postId'),
    });
  });

  it('is one when its type is unknown', async () => {
    await service.transport.publish([
      { ...eventNamed('post', 'deleted', postId(1)), type: 'gatehouse.post.deleted.v2' },
    ]);

    expect((await onlyDeadLetter()).error.code).toBe('event_unknown');
  });

  it('is one, and once, when it is no event at all', async () => {
    const broken = {
      ...eventNamed('post', 'deleted', postId(1)),
      specversion: '9',
      note: 'a\u0000b',
    } as never;
    await service.transport.publish([broken]);
    await service.transport.publish([broken]);

    const letter = await onlyDeadLetter();
    expect(letter).toMatchObject({ event: undefined, raw: { specversion: '9', note: 'a\uFFFDb' } });
    const { deadLetters } = service.messaging;
    await expect(deadLetters.replay(letter.id)).rejects.toMatchObject({ code: 'dead_letter_unreadable' });
    await expect(deadLetters.edit(letter.id, {})).rejects.toMatchObject({ code: 'dead_letter_unreadable' });
    await deadLetters.discard(letter.id);
    expect(await deadLetters.list()).toEqual([]);
  });
});

describe('a replay', () => {
  it('goes through the inbox, and its failure is a new dead letter that names the original', async () => {
    await service.say(postId(1), 1);
    const first = await onlyDeadLetter();
    await service.messaging.deadLetters.replay(first.id);
    const second = await onlyDeadLetter();

    expect(second.id).not.toBe(first.id);
    expect(second).toMatchObject({ replayOf: first.id, eventId: first.eventId });
    expect(await service.messaging.deadLetters.get(first.id)).toMatchObject({ status: 'replayed' });
    await expect(service.messaging.deadLetters.replay(first.id)).rejects.toMatchObject({
      code: 'dead_letter_settled',
    });

    isBroken = false;
    await service.messaging.deadLetters.replay(second.id);
    await service.messaging.whenIdle();
    expect(await service.effects()).toEqual([{ eventId: first.eventId, label: postId(0) }]);
    expect((await service.messaging.status()).deadLetters).toBe(0);
  });

  it('only says what would come of it when it is a dry run', async () => {
    await service.say(postId(1), 1);
    await service.say(postId(1), 2);
    const letter = await onlyDeadLetter();
    const { deadLetters } = service.messaging;

    expect(await deadLetters.replay(letter.id, { dryRun: true })).toEqual({
      id: letter.id,
      consumer: 'posts.recorder',
      type: PostDeleted.type,
      dryRun: true,
      accepted: true,
      overtaken: true,
    });
    await deadLetters.edit(letter.id, { postId: 7 });
    expect(await deadLetters.replay(letter.id, { dryRun: true })).toMatchObject({
      accepted: false,
      reason: expect.stringContaining('does not fit'),
    });
    expect((await onlyDeadLetter()).status).toBe('open');
    expect(await service.effects()).toHaveLength(1);
  });

  it('carries the edited data, and the original is kept', async () => {
    await service.say(postId(1), 1);
    const letter = await onlyDeadLetter();
    const edited = { postId: postId(1), authorId: postId(42) };
    isBroken = false;

    expect(await service.messaging.deadLetters.edit(letter.id, edited)).toMatchObject({
      editedData: edited,
      event: { data: { authorId: postId(0) } },
    });
    await service.messaging.deadLetters.replay(letter.id);
    await service.messaging.whenIdle();
    expect(await service.effects()).toEqual([{ eventId: letter.eventId, label: postId(42) }]);
  });

  it('is refused when nobody listens any more', async () => {
    const leave = await service.messaging.subscribe({ ...consumer(), consumer: 'posts.leaving' });
    await service.say(postId(1), 1);
    await service.messaging.whenIdle();
    await leave();
    const [letter] = await service.messaging.deadLetters.list({ consumer: 'posts.leaving' });

    await expect(service.messaging.deadLetters.replay(String(letter?.id))).rejects.toMatchObject({
      code: 'dead_letter_consumer_gone',
    });
  });
});

describe('the list of dead letters', () => {
  it('is filtered and goes on where it ended, newest first', async () => {
    for (const n of [1, 2, 3]) await service.say(postId(n), 1);
    await service.messaging.whenIdle();
    const { deadLetters } = service.messaging;
    const all = await deadLetters.list();
    const subjectsOf = (letters: typeof all) => letters.map(({ subject }) => subject);

    expect(all).toHaveLength(3);
    expect(subjectsOf(await deadLetters.list({ type: 'POST.del' }))).toEqual(subjectsOf(all));
    expect(subjectsOf(await deadLetters.list({ error: 'odd_' }))).toEqual(subjectsOf(all));
    expect(await deadLetters.list({ error: '%' })).toEqual([]);
    expect(await deadLetters.list({ consumer: 'posts.other' })).toEqual([]);
    const firstPage = await deadLetters.list({ limit: 2 });
    const secondPage = await deadLetters.list({ limit: 2, after: String(firstPage[1]?.id) });
    expect(subjectsOf([...firstPage, ...secondPage])).toEqual(subjectsOf(all));
  });

  it('knows no stranger', async () => {
    await expect(service.messaging.deadLetters.get('nobody')).rejects.toMatchObject({ kind: 'not-found' });
    await expect(service.messaging.deadLetters.discard('nobody')).rejects.toMatchObject({
      kind: 'not-found',
    });
  });
});

describe('an event whose text PostgreSQL would refuse', () => {
  it('is stored with the character replaced', async () => {
    await service.transact((tx) =>
      service.messaging.outbox.append(tx, [
        { ...postDeleted('a\u0000\ud800', 2), data: { postId: postId(1), authorId: postId(2) } },
      ]),
    );
    await service.messaging.whenIdle();

    expect(await service.messaging.history.list()).toMatchObject([{ subject: 'a\uFFFD\uFFFD' }]);
    expect(await service.effects()).toHaveLength(1);
  });
});
