import { PostDeleted } from '@gatehouse/contracts';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Messaging } from '../messaging.ts';
import { createSubscription, on } from '../subscription.ts';
import { openTestService, type TestService } from '../testing/open-test-service.ts';

let service: TestService;
let reads: (string | undefined)[];
beforeEach(async () => {
  service = await openTestService('posts');
  reads = [];
});
afterEach(() => service.close());

/** Three pages of one item each. `fails` says whether applying an item does. */
const catchingUp = (fails: (item: string) => boolean = () => false) =>
  createSubscription({
    consumer: 'posts.people',
    handlers: [on(PostDeleted, async () => {})],
    catchUp: {
      read: async (after) => {
        reads.push(after);
        const page = Number(after ?? 0) + 1;
        return { items: [`item ${page}`], next: page < 3 ? String(page) : undefined };
      },
      apply: async (item: string, tx) => {
        await sql`insert into effects (event_id, label) values ('', ${item})`.execute(tx);
        if (fails(item)) throw new RangeError('no');
      },
    },
  });

const labels = async () => (await service.effects()).map(({ label }) => label);
const untilFinished = (messaging: Messaging = service.messaging) =>
  expect.poll(async () => (await messaging.status()).catchUps).toMatchObject([{ finished: true }]);

describe('a subscription with a past', () => {
  it('applies each page with its position, once for all starts', async () => {
    await service.messaging.subscribe(catchingUp());
    await service.messaging.start();
    await service.messaging.whenIdle();
    expect(await labels()).toEqual(['item 1', 'item 2', 'item 3']);
    expect((await service.messaging.status()).catchUps).toEqual([
      { consumer: 'posts.people', finished: true, finishedAt: expect.stringMatching(/Z$/) },
    ]);

    await service.messaging.stop();
    await service.messaging.start();
    await service.messaging.whenIdle();
    expect(reads).toEqual([undefined, '1', '2']);
  });

  it('does not hold up the start, keeps nothing of a page that fails, and goes on with it later', async () => {
    let isBroken = true;
    await service.messaging.subscribe(catchingUp((item) => isBroken && item === 'item 2'));
    await service.messaging.start();
    await service.messaging.whenIdle();
    expect(await labels()).toEqual(['item 1']);
    expect((await service.messaging.status()).catchUps).toMatchObject([
      { finished: false, error: 'unexpected' },
    ]);
    await service.messaging.stop();

    isBroken = false;
    reads = [];
    await service.messaging.start();
    await untilFinished();
    expect(await labels()).toEqual(['item 1', 'item 2', 'item 3']);
    expect(reads).toEqual(['1', '2']);
  });

  it('is taken over once by several instances that start together', async () => {
    const others = [1, 2].map(() => service.addInstance());
    const all = [service.messaging, ...others];
    for (const instance of all) await instance.subscribe(catchingUp());
    await Promise.all(all.map((instance) => instance.start()));
    for (const instance of all) await untilFinished(instance);

    expect(await labels()).toEqual(['item 1', 'item 2', 'item 3']);
  });

  it('is taken over again by one that has left, and with it its queue', async () => {
    await service.messaging.start();
    const leave = await service.messaging.subscribe(catchingUp());
    await service.messaging.whenIdle();
    await leave();
    expect((await service.messaging.status()).catchUps).toEqual([]);
    await service.messaging.subscribe(catchingUp());
    await service.messaging.whenIdle();

    expect(reads).toEqual([undefined, '1', '2', undefined, '1', '2']);
  });
});
