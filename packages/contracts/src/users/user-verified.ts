import { z } from 'zod';
import { defineEvent } from '../define-event.ts';
import { id } from '../values.ts';

export const UserVerified = defineEvent({
  type: 'gatehouse.user.verified.v1',
  description: 'The address of an account is proved.',
  data: z.object({ userId: id }),
});
