import { defineErrors } from '@gatehouse/errors';

/** What this package refuses with. Why a token was refused stands in `details.reason`, for the log alone. */
export const authError = defineErrors({
  unauthenticated: ['unauthenticated', 'The credentials are missing, broken, expired or revoked.'],
  keys_unavailable: ['unavailable', 'Credentials cannot be checked at the moment.'],
  revocations_unavailable: ['unavailable', 'Credentials cannot be checked at the moment.'],
});
