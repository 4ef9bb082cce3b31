import { AsyncLocalStorage } from 'node:async_hooks';
import type { Ids } from '@gatehouse/contracts';
import { currentContext, runInContext } from '@gatehouse/messaging';
import type { CallContext } from '@gatehouse/registry';

/** What everything done for a request can know of it without being told. */
export type RequestContext = Readonly<{
  requestId: string;
  traceparent: string;
  deadlineAt?: number;
  /** `POST /api/orders/:id/confirm`: what its events say they were said in. */
  command?: string;
}>;

const storage = new AsyncLocalStorage<RequestContext>();

/** Runs `work` so that its events carry the request id as their correlation, and its calls carry id, trace and deadline. */
export const runInRequest = <T>(context: RequestContext, work: () => T): T => {
  const { requestId: correlationId, traceparent, command } = context;
  return storage.run(context, () =>
    runInContext({ correlationId, traceparent, ...(command === undefined ? {} : { command }) }, work),
  );
};

/** For the service client: of the request, or of the event that is being handled. */
export const currentCallContext = (): CallContext | undefined => {
  const request = storage.getStore();
  if (request !== undefined) return request;
  const message = currentContext();
  if (message === undefined) return undefined;
  const { correlationId, traceparent } = message;
  return { requestId: correlationId, ...(traceparent === undefined ? {} : { traceparent }) };
};

/** Taken over if it is 1 to 128 of `[A-Za-z0-9._-]`, else made. */
export const toRequestId = (header: string | undefined, ids: Ids): string =>
  header !== undefined && /^[A-Za-z0-9._-]{1,128}$/.test(header) ? header : ids.next();
