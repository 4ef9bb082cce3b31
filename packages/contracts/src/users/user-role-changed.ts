import { z } from 'zod';
import { defineEvent } from '../define-event.ts';
import { id } from '../values.ts';

export const UserRoleChanged = defineEvent({
  type: 'gatehouse.user.role_changed.v1',
  description: 'An administrator gave somebody another role.',
  data: z.object({ userId: id, role: z.enum(['user', 'admin']) }),
});
