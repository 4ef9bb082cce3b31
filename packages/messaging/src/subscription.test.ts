import { defineEvent, from, PostDeleted, UserDeleted } from '@gatehouse/contracts';
import type { AnyTx } from '@gatehouse/database';
import { describe, expect, it } from 'vitest';
import { createSubscription, on } from './subscription.ts';
import { postId } from './testing/open-test-service.ts';
import { eventNamed } from './testing/transport-recorder.ts';

const V1 = defineEvent({ type: 'gatehouse.post.titled.v1', description: '', data: PostDeleted.data });
const V2 = defineEvent({
  type: 'gatehouse.post.titled.v2',
  description: '',
  data: UserDeleted.data,
  former: from(V1, ({ authorId }) => ({ userId: authorId })),
});
const tx = {} as AnyTx;
const v1 = (data: unknown) => ({ ...eventNamed('post', 'titled', 'one'), data });

describe('a handler of a later version', () => {
  const seen: unknown[] = [];
  const subscription = createSubscription({
    consumer: 'posts.titles',
    handlers: [on(V2, async ({ type, data }) => void seen.push({ type, data }))],
  });

  it('gets events of the earlier one as of its own', async () => {
    await subscription.handle(v1({ postId: postId(1), authorId: postId(2) }), tx);
    expect(seen).toEqual([{ type: V2.type, data: { userId: postId(2) } }]);
  });

  it('refuses one that does not fit the contract it was written by, naming the field', () => {
    expect(() => subscription.check?.(v1({ postId: postId(1) }))).toThrow(
      expect.objectContaining({
        code: 'event_unreadable',
        details: { errors: [expect.objectContaining({ path: '/authorId' })] },
      }),
    );
  });

  it('an older handler does not know the later version: a dead letter that can be replayed once it does', () => {
    const older = createSubscription({ consumer: 'posts.old', handlers: [on(V1, async () => {})] });
    expect(() => older.check?.({ ...v1({ userId: postId(2) }), type: V2.type })).toThrow(
      expect.objectContaining({ code: 'event_unknown' }),
    );
  });
});
