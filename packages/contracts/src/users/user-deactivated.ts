import { z } from 'zod';
import { defineEvent } from '../define-event.ts';
import { id } from '../values.ts';

export const UserDeactivated = defineEvent({
  type: 'gatehouse.user.deactivated.v1',
  description: 'An administrator closed an account for now.',
  data: z.object({ userId: id }),
});
