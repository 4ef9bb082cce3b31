import { z } from 'zod';
import { defineEvent } from '../define-event.ts';
import { id } from '../values.ts';

export const ApiKeyRevoked = defineEvent({
  type: 'gatehouse.api_key.revoked.v1',
  description: 'An API key was taken back by its owner. A hint: the list of revocations decides.',
  data: z.object({ apiKeyId: id, userId: id }),
});
