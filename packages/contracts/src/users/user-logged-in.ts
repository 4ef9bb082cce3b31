import { z } from 'zod';
import { defineEvent } from '../define-event.ts';
import { id } from '../values.ts';

export const UserLoggedIn = defineEvent({
  type: 'gatehouse.user.logged_in.v1',
  description: 'Somebody signed in and has a new session.',
  data: z.object({ userId: id, sessionId: id }),
});
