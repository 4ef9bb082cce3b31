import type { AppError } from '@gatehouse/errors';
import { gatewayError } from '../gateway-error.ts';

/**
 * Why a try came to nothing while the client had no byte of an answer yet.
 * - `connect`: no byte was sent, so any request may go to another instance.
 * - `reset`: the connection broke, or what came back was no HTTP.
 * - `slow`: no headers within the time of one try.
 * - `late`: the time for all tries is over.
 * - `status`: an answer that another instance may do better than (502, 503, 504; 409 of a first copy still under way).
 */
export type Failure = Readonly<{
  kind: 'connect' | 'reset' | 'slow' | 'late' | 'status';
  status?: number;
  retryAfterSeconds?: number;
  /** What the connection reported; nothing if it was our own clock that ended the try. */
  cause?: unknown;
}>;

/** What the client is told when there is no further try. */
export const toClientError = (failure: Failure): AppError => {
  const cause = failure.cause === undefined ? {} : { cause: failure.cause };
  switch (failure.kind) {
    case 'connect':
      return gatewayError('service_unavailable', { ...cause, details: { retryAfterSeconds: 1 } });
    case 'reset':
    case 'status':
      return gatewayError('bad_gateway', cause);
    case 'slow':
    case 'late':
      return gatewayError('gateway_timeout', cause);
  }
};

/** Whether the service cannot have seen anything of the request. */
export const wasNeverSent = ({ kind }: Failure): boolean => kind === 'connect';
