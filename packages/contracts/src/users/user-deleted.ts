import { z } from 'zod';
import { defineEvent } from '../define-event.ts';
import { id } from '../values.ts';

export const UserDeleted = defineEvent({
  type: 'gatehouse.user.deleted.v1',
  description: 'An account is gone for good; what is kept about its owner has to go too.',
  data: z.object({ userId: id }),
});
