import { z } from 'zod';
import { defineEvent } from '../define-event.ts';
import { id } from '../values.ts';

export const SessionRevoked = defineEvent({
  type: 'gatehouse.session.revoked.v1',
  description:
    'A session (sessionId) or every session of an account (userId alone) ended before its time. A hint: the list of revocations decides.',
  data: z.object({ sessionId: id.optional(), userId: id.optional() }),
});
