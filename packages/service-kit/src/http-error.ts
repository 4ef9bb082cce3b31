import { defineErrors, type FieldError } from '@gatehouse/errors';

/** Refusals that only HTTP knows, so no kind of `AppError` stands for them: status and what a person reads. */
export const httpErrors = {
  method_not_allowed: [405, 'This path does not know the method.'],
  not_acceptable: [406, 'Answers are application/json.'],
  request_timeout: [408, 'The request took too long to arrive.'],
  payload_too_large: [413, 'The body is larger than this route takes.'],
  unsupported_media_type: [415, 'Bodies are application/json in UTF-8, not encoded further.'],
  headers_too_large: [431, 'The headers are larger than this server takes.'],
} as const;

export type HttpErrorCode = keyof typeof httpErrors;

export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly code: HttpErrorCode;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: HttpErrorCode, headers: Readonly<Record<string, string>> = {}) {
    const [status, message] = httpErrors[code];
    super(message);
    this.code = code;
    this.status = status;
    this.headers = headers;
  }
}

/** What the kit itself refuses with, beside `HttpError`. */
export const kitError = defineErrors({
  malformed_request: ['malformed', 'The request cannot be read.'],
  validation_failed: ['invalid', 'The request does not fit the schema.'],
  unauthenticated: ['unauthenticated', 'Sign in first.'],
  forbidden: ['forbidden', 'You are not allowed to do this.'],
  email_unverified: ['forbidden', 'Verify your email address first.'],
  not_found: ['not-found', 'There is nothing here.'],
  gateway_timeout: ['timeout', 'The time for this request is over.'],
  idempotency_in_progress: ['conflict', 'The first request with this Idempotency-Key is still running.'],
  idempotency_key_reused: ['invalid', 'This Idempotency-Key was used for another request.'],
  route_taken: ['conflict', 'Another part of the service has this route already.'],
  contribution_odd: ['conflict', 'This is nothing that the service can take.'],
  service_unavailable: ['unavailable', 'The service is not available at the moment.'],
  export_unreadable: ['internal', 'Another service exports what this one cannot read.'],
});

export const validationFailed = (errors: readonly FieldError[]) =>
  kitError('validation_failed', { details: { errors } });
