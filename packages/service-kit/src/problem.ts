import { STATUS_CODES } from 'node:http';
import { type AppError, type ErrorKind, type FieldError, toAppError } from '@gatehouse/errors';
import { HttpError } from './http-error.ts';

/** RFC 9457, as `API.md` words it; `instance` is the request id. */
type Problem = Readonly<{
  type: string;
  title: string;
  status: number;
  detail: string;
  instance: string;
  code: string;
  errors?: readonly FieldError[];
}>;

export type ProblemReply = Readonly<{ problem: Problem; headers: Readonly<Record<string, string>> }>;

/** The one table that gives kinds an HTTP status: of services, and of the gateway too. */
export const statusOfKind: Readonly<Record<ErrorKind, number>> = {
  malformed: 400,
  invalid: 422,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  stale: 412,
  throttled: 429,
  timeout: 504,
  unavailable: 503,
  internal: 500,
};

/** Pure. What a client sees of anything thrown: of `internal` its code alone, of others never more than code, message and `details.errors`. */
export const toProblem = (thrown: unknown, requestId: string): ProblemReply =>
  thrown instanceof HttpError
    ? reply(requestId, thrown.status, thrown.code, thrown.message, undefined, thrown.headers)
    : fromAppError(toAppError(thrown), requestId);

const fromAppError = (error: AppError, requestId: string): ProblemReply => {
  const status = statusOfKind[error.kind];
  if (error.kind === 'internal')
    return reply(requestId, status, 'internal_error', 'Something went wrong on our side.', undefined, {});
  return reply(requestId, status, error.code, error.message, error.details.errors, headersFor(error));
};

const headersFor = ({ kind, details }: AppError): Readonly<Record<string, string>> => {
  const seconds =
    details.retryAfterSeconds ?? (kind === 'unavailable' || kind === 'throttled' ? 1 : undefined);
  return {
    ...(kind === 'unauthenticated' ? { 'WWW-Authenticate': 'Bearer' } : {}),
    ...(seconds === undefined ? {} : { 'Retry-After': String(Math.max(1, Math.ceil(seconds))) }),
  };
};

const reply = (
  instance: string,
  status: number,
  code: string,
  detail: string,
  errors: readonly FieldError[] | undefined,
  headers: Readonly<Record<string, string>>,
): ProblemReply => ({ problem: createProblem({ status, code, detail, instance, errors }), headers });

/** Puts in what follows from the code and the status. */
export const createProblem = (
  said: Readonly<{
    status: number;
    code: string;
    detail: string;
    instance: string;
    errors: readonly FieldError[] | undefined;
  }>,
): Problem => ({
  type: `urn:gatehouse:problem:${said.code}`,
  title: STATUS_CODES[said.status] ?? 'Error',
  status: said.status,
  detail: said.detail,
  instance: said.instance,
  code: said.code,
  ...(said.errors === undefined ? {} : { errors: said.errors }),
});
