import { AppError, type ErrorDetails, type ErrorKind, type FieldError } from '@gatehouse/errors';
import { registryError } from './registry-error.ts';

const kinds: Readonly<Record<number, ErrorKind>> = {
  400: 'malformed',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not-found',
  408: 'timeout',
  409: 'conflict',
  412: 'stale',
  422: 'invalid',
  429: 'throttled',
  502: 'unavailable',
  503: 'unavailable',
  504: 'timeout',
};

export type Refusal = Readonly<{
  service: string;
  status: number;
  body: unknown;
  retryAfter: string | undefined;
}>;

const maxFieldErrors = 100;

/** An answer of 400 and above as the error that the service meant: its code and message when it said so in problem+json (RFC 9457). */
export const toServiceError = ({ service, status, body, retryAfter }: Refusal): AppError => {
  const problem = isRecord(body) ? body : {};
  const { code, detail, title } = problem;
  const details: ErrorDetails = { service, status, ...fieldErrors(problem.errors), ...waiting(retryAfter) };
  if (typeof code !== 'string') {
    return registryError(status >= 500 ? 'service_unavailable' : 'bad_service_answer', { details });
  }
  const message = [detail, title].find((text) => typeof text === 'string') ?? 'The service refused.';
  return new AppError({ code, kind: kindOf(status), message: String(message), details });
};

const kindOf = (status: number): ErrorKind => kinds[status] ?? (status >= 500 ? 'internal' : 'invalid');

const waiting = (retryAfter: string | undefined): ErrorDetails => {
  const seconds = Number(retryAfter);
  return Number.isInteger(seconds) && seconds > 0 ? { retryAfterSeconds: seconds } : {};
};

const fieldErrors = (errors: unknown): ErrorDetails =>
  Array.isArray(errors) ? { errors: errors.filter(isFieldError).slice(0, maxFieldErrors) } : {};

const isFieldError = (error: unknown): error is FieldError =>
  isRecord(error) && typeof error.path === 'string' && typeof error.message === 'string';

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
