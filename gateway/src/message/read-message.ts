import type { IncomingMessage } from 'node:http';
import type { AppError } from '@gatehouse/errors';
import { gatewayError } from '../gateway-error.ts';
import { namedByConnection, ruleFor } from './header-rules.ts';
import { isHost } from './host.ts';

/** The head of a request after everything that must not pass was taken out. */
export type Message = Readonly<{
  host: string | undefined;
  /** Bytes of the body; undefined if it has none or comes in chunks. */
  contentLength: number | undefined;
  chunked: boolean;
  requestId: string | undefined;
  traceparent: string | undefined;
  tracestate: string | undefined;
  via: string | undefined;
  maxForwards: string | undefined;
  authorization: string | undefined;
  idempotencyKey: string | undefined;
  origin: string | undefined;
  /** The client's own headers that go on to the service: a flat list of names and values. */
  passing: string[];
}>;

export const headerLimits = { count: 100, bytes: 16_384, urlBytes: 8192 } as const;

type Draft = { -readonly [Field in keyof Message]: Message[Field] };

/**
 * Reads the head in one pass and refuses what RFC 9112 calls an error but Node lets through: two Hosts or none, a
 * transfer coding other than `chunked`, both lengths, versions other than 1.0 and 1.1.
 *
 * @throws AppError `malformed_request`, `headers_too_large` or `uri_too_long`; after each the connection is to be closed.
 */
export const readMessage = (request: IncomingMessage): Message => {
  const { rawHeaders } = request;
  checkSize(request);
  const named = namedByConnection(request.headers.connection);
  const message = emptyMessage();

  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] as string).toLowerCase();
    const value = rawHeaders[index + 1] as string;
    switch (ruleFor(name)) {
      case 'drop':
        break;
      case 'framing':
        readFraming(message, name, value);
        break;
      case 'own':
        if (named?.has(name) !== true) readOwn(message, name, value);
        break;
      case undefined:
        if (named?.has(name) !== true) pass(message, name, value);
        break;
    }
  }
  checkFraming(request, message);
  return message;
};

const emptyMessage = (): Draft => ({
  host: undefined,
  contentLength: undefined,
  chunked: false,
  requestId: undefined,
  traceparent: undefined,
  tracestate: undefined,
  via: undefined,
  maxForwards: undefined,
  authorization: undefined,
  idempotencyKey: undefined,
  origin: undefined,
  passing: [],
});

/** Stands in until the head was read. */
export const unreadMessage: Message = emptyMessage();

const checkSize = ({ rawHeaders, url = '' }: IncomingMessage): void => {
  if (url.length > headerLimits.urlBytes) throw gatewayError('uri_too_long');
  if (rawHeaders.length > headerLimits.count * 2) throw gatewayError('headers_too_large');
  let bytes = 0;
  for (const text of rawHeaders) bytes += text.length + 2;
  if (bytes > headerLimits.bytes) throw gatewayError('headers_too_large');
};

const readFraming = (message: Draft, name: string, value: string): void => {
  switch (name) {
    case 'host':
      if (message.host !== undefined) throw malformed('There is more than one Host.');
      message.host = value;
      break;
    case 'content-length':
      if (message.contentLength !== undefined || !/^\d{1,15}$/.test(value)) {
        throw malformed('The Content-Length is no single number.');
      }
      message.contentLength = Number(value);
      break;
    case 'transfer-encoding':
      if (message.chunked || value.trim().toLowerCase() !== 'chunked') {
        throw malformed('The only transfer coding is chunked.');
      }
      message.chunked = true;
      break;
  }
};

const checkFraming = ({ httpVersion }: IncomingMessage, message: Draft): void => {
  if (httpVersion !== '1.1' && httpVersion !== '1.0')
    throw malformed('Only HTTP/1.0 and HTTP/1.1 are spoken here.');
  if (message.chunked && message.contentLength !== undefined) throw malformed('The body has two lengths.');
  if (message.chunked && httpVersion === '1.0') throw malformed('HTTP/1.0 knows no transfer coding.');
  if (message.host === undefined) {
    if (httpVersion === '1.1') throw malformed('There is no Host.');
  } else if (!isHost(message.host)) throw malformed('The Host is none.');
};

const readOwn = (message: Draft, name: string, value: string): void => {
  switch (name) {
    case 'x-request-id':
      message.requestId = value;
      break;
    case 'traceparent':
      message.traceparent = message.traceparent === undefined ? value : '';
      break;
    case 'tracestate':
      message.tracestate = message.tracestate === undefined ? value : `${message.tracestate},${value}`;
      break;
    case 'via':
      message.via = message.via === undefined ? value : `${message.via}, ${value}`;
      break;
    case 'max-forwards':
      message.maxForwards = value;
      break;
  }
};

const pass = (message: Draft, name: string, value: string): void => {
  switch (name) {
    case 'authorization':
      if (message.authorization !== undefined) throw malformed('There is more than one Authorization.');
      message.authorization = value;
      break;
    case 'idempotency-key':
      if (message.idempotencyKey !== undefined) throw malformed('There is more than one Idempotency-Key.');
      message.idempotencyKey = value;
      break;
    case 'origin':
      message.origin = value;
      break;
  }
  message.passing.push(name, value);
};

const malformed = (message: string): AppError => gatewayError('malformed_request', { message });
