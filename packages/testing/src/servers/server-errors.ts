import { defineErrors } from '@gatehouse/errors';

export const serverError = defineErrors({
  server_missing: ['unavailable', 'The server is not installed here.'],
  server_start_failed: ['unavailable', 'The server did not start.'],
  server_not_frozen: ['unavailable', 'The server goes on after SIGSTOP.'],
  server_refused: ['unavailable', 'The server did not do what it was asked to.'],
});
