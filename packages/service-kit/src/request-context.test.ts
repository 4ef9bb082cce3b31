import { currentContext } from '@gatehouse/messaging';
import { sequentialIds } from '@gatehouse/testing';
import { describe, expect, it } from 'vitest';
import { currentCallContext, runInRequest, toRequestId } from './request-context.ts';

const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('a request id', () => {
  it.each(['a', 'A-Z_0.9', 'x'.repeat(128)])('is taken over: %s', (id) => {
    expect(toRequestId(id, sequentialIds())).toBe(id);
  });

  it.each([undefined, '', 'a b', 'x'.repeat(129), 'a\n', 'ü'])('is made instead of %j', (id) => {
    expect(toRequestId(id, sequentialIds())).toBe(sequentialIds().next());
  });
});

describe('what is done for a request', () => {
  it('correlates its events and its calls', async () => {
    const context = { requestId: 'r1', traceparent: parent, deadlineAt: 5 };
    await runInRequest(context, async () => {
      await Promise.resolve();
      expect(currentContext()).toEqual({ correlationId: 'r1', traceparent: parent });
      expect(currentCallContext()).toEqual(context);
    });

    expect(currentCallContext()).toBeUndefined();
  });
});
