/**
 * - `UPSTREAM_INVALID`: the request cannot be written without saying something else than was meant.
 * - `UPSTREAM_CLOSED`: the pool takes no requests any more, or was destroyed with this one in it.
 * - `UPSTREAM_CONNECT_TIMEOUT`: no connection came about in time.
 * - `UPSTREAM_ENDED`: the connection ended before the answer did.
 * - `UPSTREAM_BODY`: the body of the request is not what was announced, or was given up.
 * - `ENOBUFS`: as many requests wait for a connection as may; the fault is on this side.
 */
type ConnectionErrorCode =
  | 'UPSTREAM_INVALID'
  | 'UPSTREAM_CLOSED'
  | 'UPSTREAM_CONNECT_TIMEOUT'
  | 'UPSTREAM_ENDED'
  | 'UPSTREAM_BODY'
  | 'ENOBUFS';

export class ConnectionError extends Error {
  readonly code: ConnectionErrorCode;

  constructor(code: ConnectionErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

export const isInvalidRequest = (error: unknown): boolean =>
  error instanceof ConnectionError && error.code === 'UPSTREAM_INVALID';
