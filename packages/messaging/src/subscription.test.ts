import { defineEvent, from } from '@gatehouse/contracts';
import type { AnyTx } from '@gatehouse/database';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createSubscription, on } from './subscription.ts';
import { eventNamed } from './testing/transport-recorder.ts';

const V1 = defineEvent({
  type: 'gatehouse.post.titled.v1',
  description: '',
  data: z.object({ title: z.string() }),
});
const V2 = defineEvent({
  type: 'gatehouse.post.titled.v2',
  description: '',
  data: z.object({ headline: z.string() }),
  former: from(V1, ({ title }) => ({ headline: title })),
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
    await subscription.handle(v1({ title: 'Engines' }), tx);
    expect(seen).toEqual([{ type: V2.type, data: { headline: 'Engines' } }]);
  });

  it('refuses one that does not fit the contract it was written by, naming the field', () => {
    expect(() => subscription.check?.(v1({ headline: 'Engines' }))).toThrow(
      expect.objectContaining({
        code: 'event_unreadable',
        details: { errors: [expect.objectContaining({ path: '/title' })] },
      }),
    );
  });

  it('an older handler does not know the later version: a dead letter that can be replayed once it does', () => {
    const older = createSubscription({ consumer: 'posts.old', handlers: [on(V1, async () => {})] });
    expect(() => older.check?.({ ...v1({ headline: 'x' }), type: V2.type })).toThrow(
      expect.objectContaining({ code: 'event_unknown' }),
    );
  });
});
