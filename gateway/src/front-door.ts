import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '@gatehouse/resilience';
import { answerEmpty } from './answer.ts';
import { allMethods } from './config/route-settings.ts';
import { createExchange, type Exchange } from './exchange.ts';
import { gatewayError } from './gateway-error.ts';
import type { FindClient } from './message/client-address.ts';
import { isHost } from './message/host.ts';
import { readMessage } from './message/read-message.ts';
import type { AddressLimit } from './policies/address-limit.ts';
import { isPreflight } from './policies/cors.ts';
import { createRefuse, problems } from './policies/problems.ts';
import { startTrace, type TraceDeps } from './policies/trace.ts';
import type { Handler } from './policy.ts';
import { allowedAt, chooseRoute } from './routing/choose-route.ts';
import { parseTarget } from './routing/normal-path.ts';
import type { RequestFacts } from './routing/request-facts.ts';
import type { MethodTable, RouteTable } from './routing/route-table.ts';

export type Fallback = (request: IncomingMessage, response: ServerResponse) => void;

export type FrontDoorDeps = TraceDeps &
  Readonly<{
    findClient: FindClient;
    addressLimit: AddressLimit;
    /** The routes of the moment: a reload changes them between two requests. */
    table: () => RouteTable;
    /** Takes what no route takes (admin, docs, console). */
    fallback: () => Fallback | undefined;
    /** Whether every answer is to be the last of its connection. */
    isDraining: () => boolean;
    clock: Clock;
    onInternal: (exchange: Exchange, error: unknown) => void;
    onEnd: (exchange: Exchange) => void;
  }>;

export type FrontDoor = (
  request: IncomingMessage,
  response: ServerResponse,
  expectsContinue: boolean,
) => void;

/** What every request passes, whatever its route: trace → problems → message and path safety → address limit → route. */
export const createFrontDoor = (deps: FrontDoorDeps): FrontDoor => {
  const { addressLimit, clock, findClient, isDraining, onEnd } = deps;
  const letIn = problems(createEntrance(deps));
  const refuse = createRefuse(deps);

  function endExchange(this: ServerResponse & Carrying): void {
    const exchange = this[carried];
    if (exchange === undefined) return;
    exchange.gone = true;
    exchange.underway?.abandon();
    void addressLimit.settle(exchange);
    onEnd(exchange);
  }

  return (request, response: ServerResponse & Carrying, expectsContinue) => {
    const client = findClient(request);
    const exchange = createExchange(request, response, { client, clock, expectsContinue, refuse });
    startTrace(exchange, deps);
    if (isDraining()) exchange.answerHeaders.push('Connection', 'close');
    response[carried] = exchange;
    response.on('close', endExchange);
    letIn(exchange);
  };
};

/** One listener for all responses, which find their exchange by this. */
const carried = Symbol('exchange');
type Carrying = { [carried]?: Exchange };

const createEntrance = ({ addressLimit, table, fallback }: FrontDoorDeps): Handler => {
  /** What the app behind answers is counted first. */
  const leave = (exchange: Exchange, app: Fallback | undefined): Promise<void> | void => {
    if (app === undefined) throw gatewayError('not_found');
    const counting = addressLimit.settle(exchange);
    if (counting === undefined) return leaveToFallback(exchange, app);
    return counting.then((refusal) => {
      if (refusal !== undefined) throw refusal;
      leaveToFallback(exchange, app);
    });
  };

  const findRoute: Handler = (exchange) => {
    const { method, path } = exchange;
    const found = isInternal(path) ? undefined : table().find(path);
    if (method === 'TRACE' || method === 'CONNECT') throw notAllowed(found?.allow ?? 'GET, HEAD');
    if (found === undefined) return leave(exchange, isInternal(path) ? undefined : fallback());
    if (method === 'OPTIONS' && countDown(exchange)) return tellMethods(exchange, found.allow);
    const wanted = routedMethod(exchange);
    const route =
      found.choices === undefined ? found.routes.get(wanted) : chooseRoute(found, wanted, factsOf(exchange));
    if (route === undefined) {
      const allow = allowedAt(found, factsOf(exchange));
      if (allow === undefined) return leave(exchange, fallback());
      if (method === 'OPTIONS') return tellMethods(exchange, allow);
      throw notAllowed(allow);
    }
    exchange.route = route;
    if (route.stats !== undefined) route.stats.inFlight += 1;
    return route.handle(exchange);
  };

  return function enter(exchange) {
    exchange.message = readMessage(exchange.request);
    if (exchange.request.url === '*' && exchange.method === 'OPTIONS') {
      addressLimit.check(exchange);
      return tellMethods(exchange, servedMethods);
    }
    readTarget(exchange);
    addressLimit.check(exchange);
    return findRoute(exchange);
  };
};

const readTarget = (exchange: Exchange): void => {
  const { path, query, authority } = parseTarget(exchange.request.url ?? '');
  exchange.path = path;
  exchange.query = query;
  if (authority === undefined) return;
  if (!isHost(authority))
    throw gatewayError('malformed_request', { message: 'The authority of the URL is none.' });
  exchange.message = { ...exchange.message, host: authority };
};

const isInternal = (path: string): boolean => path === '/internal' || path.startsWith('/internal/');

const factsOf = (exchange: Exchange): RequestFacts => ({
  host: exchange.message.host,
  headers: exchange.request.headers,
  query: exchange.query,
  isPreflight: isPreflight(exchange),
});

/** A browser's preflight goes to the route of the method that it asks for. */
const routedMethod = (exchange: Exchange): string =>
  isPreflight(exchange) ? String(exchange.request.headers['access-control-request-method']) : exchange.method;

/** Of `OPTIONS *`, which asks about no resource but about the server. */
const servedMethods = allMethods.toSorted().join(', ');

/** What routes say nothing about is answered here: which methods there are (RFC 9110 §9.3.7), and no leave for a page. */
const tellMethods = (exchange: Exchange, allow: MethodTable['allow']): void => {
  exchange.answerHeaders.push('Allow', allow);
  answerEmpty(exchange, 204);
};

/** RFC 9110 §7.6.2. True: the request has gone as far as it wanted to. */
const countDown = ({ message }: Exchange): boolean => {
  const { maxForwards, passing } = message;
  if (maxForwards === undefined || !/^\d{1,9}$/.test(maxForwards)) return false;
  if (Number(maxForwards) === 0) return true;
  passing.push('max-forwards', String(Number(maxForwards) - 1));
  return false;
};

const notAllowed = (allow: MethodTable['allow']) =>
  gatewayError('method_not_allowed', { details: { allow } });

/** The app behind sees the request as it was routed: path in normal form, our request id, and the same on its answer. */
const leaveToFallback = (exchange: Exchange, fallback: Fallback): void => {
  const { request, response, answerHeaders } = exchange;
  request.url = exchange.path + exchange.query;
  request.headers['x-request-id'] = exchange.requestId;
  request.headers.traceparent = exchange.traceparent;
  for (let index = 0; index < answerHeaders.length; index += 2) {
    response.setHeader(answerHeaders[index] as string, answerHeaders[index + 1] as string);
  }
  if (exchange.expectsContinue) {
    exchange.expectsContinue = false;
    response.writeContinue();
  }
  fallback(request, response);
};
