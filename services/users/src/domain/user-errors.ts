import { type AppError, defineErrors, type FieldError } from '@gatehouse/errors';

export const userError = defineErrors({
  validation_failed: ['invalid', 'Some fields are not acceptable.'],
  email_taken: ['conflict', 'There is an account with this address already.'],
  invalid_token: ['invalid', 'The token is unknown, used or expired.'],
  unauthenticated: ['unauthenticated', 'Address or password is wrong.'],
  rate_limited: ['throttled', 'Too many failed attempts. Try again later.'],
  api_key_limit: ['conflict', 'There are as many API keys as an account may have. Take one back first.'],
  last_administrator: ['conflict', 'The last active administrator cannot be removed.'],
  administrator_refused: ['invalid', 'The first administrator cannot be made.'],
  version_conflict: ['conflict', 'It was changed by someone else at the same moment.'],
  precondition_failed: ['stale', 'It has changed since the version that the condition names.'],
  not_found: ['not-found', 'There is no such user, session or API key.'],
});

/** A refusal that names every field at fault, or nothing when there is none. */
export const refuseFields = (errors: readonly FieldError[]): void => {
  if (errors.length > 0) throw invalidFields(errors);
};

const invalidFields = (errors: readonly FieldError[]): AppError =>
  userError('validation_failed', { details: { errors } });
