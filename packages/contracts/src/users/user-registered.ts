import { z } from 'zod';
import { defineEvent } from '../define-event.ts';
import { id } from '../values.ts';

export const UserRegistered = defineEvent({
  type: 'gatehouse.user.registered.v1',
  description: 'Somebody has an account; its address may still be unproved.',
  data: z.object({
    userId: id,
    email: z.string(),
    firstName: z.string(),
    lastName: z.string(),
    fullName: z.string(),
    role: z.enum(['user', 'admin']),
    status: z.enum(['pending_verification', 'active']),
  }),
});
