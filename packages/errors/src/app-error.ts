/**
 * What went wrong, as far as a caller can act on it. The set is closed: two tables give it meaning, kind → HTTP
 * status (service kit) and kind → acknowledge, retry or dead letter (messaging). What only HTTP knows (405, 406, 413 …)
 * is no kind.
 */
export const errorKinds = [
  'malformed',
  'invalid',
  'unauthenticated',
  'forbidden',
  'not-found',
  'conflict',
  'stale',
  'throttled',
  'timeout',
  'unavailable',
  'internal',
] as const;

export type ErrorKind = (typeof errorKinds)[number];

/** One field that was refused; `path` is a JSON Pointer (RFC 6901) into the body, or a query parameter's name after `/`. */
export type FieldError = Readonly<{ path: string; message: string }>;

/**
 * What an error carries beside its message. `errors` and `retryAfterSeconds` (at least 1, whole) are shown to clients,
 * everything else is for the log alone.
 */
export type ErrorDetails = Readonly<
  { errors?: readonly FieldError[]; retryAfterSeconds?: number } & Record<string, unknown>
>;

/**
 * The one error class of Gatehouse. `code` is stable, snake_case and written in full where it is thrown, so that it can be
 * searched for; `message` is for people and may be shown to clients unless the kind is `internal`.
 */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: string;
  readonly kind: ErrorKind;
  readonly details: ErrorDetails;

  constructor(init: {
    code: string;
    kind: ErrorKind;
    message: string;
    details?: ErrorDetails;
    cause?: unknown;
  }) {
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause });
    this.code = init.code;
    this.kind = init.kind;
    this.details = init.details ?? {};
  }
}

export const isAppError = (error: unknown): error is AppError => error instanceof AppError;

/** Anything thrown as an `AppError`: what is none becomes `internal_error` with the original as its cause. */
export const toAppError = (error: unknown): AppError =>
  isAppError(error)
    ? error
    : new AppError({
        code: 'internal_error',
        kind: 'internal',
        message: 'An unexpected error.',
        cause: error,
      });
