import { z } from 'zod';
import { defineEvent } from '../define-event.ts';
import { id } from '../values.ts';

export const UserUpdated = defineEvent({
  type: 'gatehouse.user.updated.v1',
  description: 'Somebody goes by another name.',
  data: z.object({ userId: id, firstName: z.string(), lastName: z.string(), fullName: z.string() }),
});
