import type { IncomingMessage, ServerResponse } from 'node:http';
import { matchesIfNoneMatch, toEntityTag } from './entity-tag.ts';
import { exchangeOf, headerOf } from './exchange.ts';
import { toProblem } from './problem.ts';
import type { Reply } from './reply.ts';
import type { Auth } from './route.ts';

/** Sends a handler's reply, as 304 where `If-None-Match` names what the client has. */
export const sendReply = (
  request: IncomingMessage,
  response: ServerResponse,
  reply: Reply,
  auth: Auth,
): void => {
  const tag = reply.version === undefined ? undefined : toEntityTag(reply.version, reply.view);
  const vary = [...(auth === 'none' ? [] : ['Authorization']), ...(reply.vary ?? [])];
  response.setHeader('Cache-Control', toCacheControl(auth, tag));
  if (vary.length > 0) response.setHeader('Vary', vary.join(', '));
  if (tag !== undefined) response.setHeader('ETag', tag);
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);

  const reads = request.method === 'GET' || request.method === 'HEAD';
  if (reads && tag !== undefined && matchesIfNoneMatch(headerOf(request, 'if-none-match'), tag)) {
    response.writeHead(304).end();
    return;
  }
  if (reply.status === 204) {
    response.writeHead(204).end();
    return;
  }
  sendJson(response, reply.status, 'application/json; charset=utf-8', toBody(reply));
};

/** Sends whatever was thrown as a problem; when an answer is under way already, the connection is cut instead. */
export const sendProblem = (request: IncomingMessage, response: ServerResponse, thrown: unknown): void => {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const exchange = exchangeOf(request);
  const { problem, headers } = toProblem(thrown, exchange.requestId);
  exchange.errorCode = problem.code;
  for (const name of ['ETag', 'Location', 'Vary']) response.removeHeader(name);
  response.setHeader('Cache-Control', 'no-store');
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  sendJson(response, problem.status, 'application/problem+json; charset=utf-8', problem);
};

const toBody = ({ bare, data, meta }: Reply): unknown =>
  bare ? data : { data: data ?? null, ...(meta === undefined ? {} : { meta }) };

/** What has a tag may be kept, but asked about each time: rights and versions change. */
const toCacheControl = (auth: Auth, tag: string | undefined): string => {
  if (tag === undefined) return 'no-store';
  return auth === 'none' ? 'no-cache' : 'private, no-cache';
};

const sendJson = (response: ServerResponse, status: number, contentType: string, body: unknown): void => {
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, { 'Content-Type': contentType, 'Content-Length': bytes.length });
  response.end(bytes);
};
