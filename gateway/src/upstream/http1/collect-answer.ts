import type { ConnectionPool } from './connection-pool.ts';
import type { AnswerHandler, OutgoingRequest, RequestControl } from './outgoing-request.ts';

type CollectedAnswer = Readonly<{ status: number; headers: readonly string[]; body: string }>;

/** Sends a request and gives its answer, or the error that it came to. For tests. */
export const collectAnswer = (
  pool: ConnectionPool,
  request: Partial<OutgoingRequest> = {},
  also: Partial<AnswerHandler> = {},
): Promise<CollectedAnswer> =>
  new Promise((resolve, reject) => {
    let status = 0;
    let headers: readonly string[] = [];
    let body = '';
    const outgoing = { method: 'GET', path: '/', headers: [], body: null, ...request };
    pool.dispatch(outgoing, {
      onRequestStart: (control: RequestControl) => also.onRequestStart?.(control),
      onRequestSent: () => also.onRequestSent?.(),
      onResponseStart: (control, given, list) => {
        status = given;
        headers = list;
        also.onResponseStart?.(control, given, list);
      },
      onResponseData: (control, chunk) => {
        body += chunk.toString('latin1');
        also.onResponseData?.(control, chunk);
      },
      onResponseEnd: (control) => {
        also.onResponseEnd?.(control);
        resolve({ status, headers, body });
      },
      onResponseError: (control, error) => {
        also.onResponseError?.(control, error);
        reject(error);
      },
    });
  });
