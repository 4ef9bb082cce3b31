import { z } from 'zod';
import { defineEvent } from '../define-event.ts';
import { id } from '../values.ts';

export const UserReactivated = defineEvent({
  type: 'gatehouse.user.reactivated.v1',
  description: 'An administrator opened a closed account again.',
  data: z.object({ userId: id }),
});
