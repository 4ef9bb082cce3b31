import type { AppError } from '@gatehouse/errors';
import { createProblem, statusOfKind } from '@gatehouse/service-kit';

/** What only HTTP has a word for; everything else goes by kind. */
const statusOfCode: Readonly<Record<string, number>> = {
  method_not_allowed: 405,
  not_acceptable: 406,
  request_timeout: 408,
  payload_too_large: 413,
  uri_too_long: 414,
  expectation_failed: 417,
  upgrade_required: 426,
  headers_too_large: 431,
  method_unknown: 501,
  bad_gateway: 502,
};

const statusOf = (error: AppError): number => statusOfCode[error.code] ?? statusOfKind[error.kind];

/** The answer to a failure: RFC 9457, as the public contract has it. `headers` is a flat list of names and values. */
export type Problem = Readonly<{ status: number; headers: string[]; body: string }>;

/** Says what may be said of `error`: an internal one shows neither message nor cause. */
export const toProblem = (error: AppError, requestId: string): Problem => {
  const status = statusOf(error);
  const body = JSON.stringify(
    createProblem({
      status,
      code: error.code,
      detail: error.kind === 'internal' ? 'An unexpected error.' : error.message,
      instance: requestId,
      errors: error.details.errors,
    }),
  );
  const headers = [
    'Content-Type',
    'application/problem+json; charset=utf-8',
    'Content-Length',
    String(Buffer.byteLength(body)),
    'Cache-Control',
    'no-store',
  ];
  addStatusHeaders(headers, status, error);
  return { status, headers, body };
};

const addStatusHeaders = (headers: string[], status: number, error: AppError): void => {
  const { allow, challenge, retryAfterSeconds } = error.details;
  // Beside 401, whoever is known but may not, or said too much, is told so (RFC 6750 §3.1).
  if (typeof challenge === 'string') headers.push('WWW-Authenticate', challenge);
  else if (status === 401) headers.push('WWW-Authenticate', 'Bearer');
  if (status === 405 && typeof allow === 'string') headers.push('Allow', allow);
  if (status === 426) {
    headers.push('Upgrade', 'websocket', 'Connection', 'close, Upgrade', 'Sec-WebSocket-Version', '13');
  }
  if (status === 429 || status === 503) headers.push('Retry-After', String(retryAfterSeconds ?? 1));
};
