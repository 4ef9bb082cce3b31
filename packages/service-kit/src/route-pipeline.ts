import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Transact } from '@gatehouse/database';
import { isAppError } from '@gatehouse/errors';
import type { Clock, Deadline } from '@gatehouse/resilience';
import type { Authenticator, Caller } from './authentication.ts';
import { parseIfMatch } from './entity-tag.ts';
import { exchangeOf, headerOf } from './exchange.ts';
import { HttpError, kitError } from './http-error.ts';
import {
  hashRequest,
  type IdempotencyKeys,
  type IdempotentRequest,
  parseIdempotencyKey,
} from './idempotency.ts';
import { DEFAULT_BODY_LIMIT_BYTES, readJsonBody } from './json-body.ts';
import { createOnce } from './once.ts';
import type { Reply } from './reply.ts';
import { runInRequest } from './request-context.ts';
import { openDeadline, withinDeadline } from './request-deadline.ts';
import type { Client, Route, RouteInput } from './route.ts';
import { sendReply } from './send.ts';
import { createInputValidator } from './validation.ts';

export type RoutePipelineDeps = Readonly<{
  authenticate: Authenticator;
  transact: Transact;
  keys: IdempotencyKeys;
  clock: Clock;
}>;

/** What the router hands over: `params` are decoded already. */
export type MatchedRequest = IncomingMessage & { readonly params: Readonly<Record<string, string>> };

/** Whose time a deadline is: the client's while its body is on its way, ours after that. */
type Progress = { readsBody: boolean };

/**
 * One route, from the outside in. The order is the design: who calls is known before a byte of the body is read, an id that
 * cannot be is 404 before a field is 422, and all of it has one deadline.
 */
export const createRoutePipeline = (route: Route, deps: RoutePipelineDeps) => {
  const { options } = route;
  const validate = createInputValidator(route);
  const command = `${route.method} ${route.path}`;
  const bodyLimit = options.bodyLimit ?? DEFAULT_BODY_LIMIT_BYTES;

  const answer = async (request: MatchedRequest, deadline: Deadline, progress: Progress): Promise<Reply> => {
    const exchange = exchangeOf(request);
    assertAcceptable(request);
    const principal = await deps.authenticate(options, headerOf(request, 'authorization'));
    if (principal !== undefined) exchange.principal = principal;
    const params = validate.params(request.params);
    const url = splitUrl(request);
    progress.readsBody = true;
    const rawBody = await readJsonBody(request, bodyLimit);
    progress.readsBody = false;
    const { query, body } = validate.queryAndBody(url.query, rawBody);
    const ifMatch = parseIfMatch(headerOf(request, 'if-match'));
    const ifNoneMatch = headerOf(request, 'if-none-match');
    const key = options.idempotent ? parseIdempotencyKey(headerOf(request, 'idempotency-key')) : undefined;
    const idempotent: IdempotentRequest | undefined =
      key === undefined
        ? undefined
        : {
            key,
            caller: toCallerName(principal),
            method: route.method,
            path: url.path,
            requestHash: hashRequest(body, query),
          };
    const once = createOnce(deps, {
      deadline,
      hasCondition: ifMatch !== undefined,
      ...(idempotent === undefined ? {} : { idempotent }),
    });
    return route.handle({
      body,
      params,
      query,
      // The level was enforced above, so that the handler's type holds.
      principal: principal as RouteInput['principal'],
      ...(ifMatch === undefined ? {} : { ifMatch }),
      ...(ifNoneMatch === undefined ? {} : { ifNoneMatch }),
      requestId: exchange.requestId,
      client: clientOf(request),
      once,
      deadline,
    });
  };

  return async (request: MatchedRequest, response: ServerResponse): Promise<void> => {
    const exchange = exchangeOf(request);
    const { requestId, traceparent } = exchange;
    exchange.route = route.path;
    const deadline = openDeadline(headerOf(request, 'x-request-deadline'), deps.clock);
    const progress: Progress = { readsBody: false };
    try {
      const context = { requestId, traceparent, deadlineAt: deadline.at, command };
      const reply = await runInRequest(context, () =>
        withinDeadline(deadline, () => answer(request, deadline, progress)),
      );
      sendReply(request, response, reply, options.auth);
    } catch (error) {
      // Nobody can say where the next request on this connection would begin.
      if (progress.readsBody && isAppError(error) && error.code === 'gateway_timeout')
        throw new HttpError('request_timeout', { Connection: 'close' });
      throw error;
    } finally {
      deadline.clear();
    }
  };
};

const clientOf = (request: IncomingMessage): Client => ({
  address: headerOf(request, 'x-forwarded-for') ?? request.socket.remoteAddress,
  userAgent: headerOf(request, 'user-agent')?.slice(0, 500),
});

/** RFC 9110 §12.5.1, as far as one media type needs it: the most precise range that fits decides. */
const assertAcceptable = (request: IncomingMessage): void => {
  const accept = headerOf(request, 'accept');
  if (accept === undefined || accept.trim() === '') return;
  let best = { precision: 0, quality: 0 };
  for (const range of accept.toLowerCase().split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim());
    const precision = precisionOf.get(type);
    const quality = Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? 1);
    if (precision !== undefined && precision > best.precision) best = { precision, quality };
  }
  if (!(best.quality > 0)) throw new HttpError('not_acceptable');
};

const precisionOf: ReadonlyMap<string, number> = new Map([
  ['*/*', 1],
  ['application/*', 2],
  ['application/json', 3],
]);

const splitUrl = ({ url = '/' }: IncomingMessage): Readonly<{ path: string; query: URLSearchParams }> => {
  const from = url.indexOf('?');
  if (from < 0) return { path: url, query: new URLSearchParams() };
  return { path: url.slice(0, from), query: new URLSearchParams(url.slice(from + 1)) };
};

const toCallerName = (caller: Caller): string => {
  if (caller === undefined) throw kitError('unauthenticated');
  return caller.kind === 'user' ? `user:${caller.id}` : `service:${caller.name}`;
};
