import type { IncomingMessage } from 'node:http';
import { gatewayError } from '../gateway-error.ts';
import { checkFraming, type Framing, readFraming } from './framing.ts';
import { type HeaderRule, knownHeader, namedByConnection, ruleFor } from './header-rules.ts';

/** The head of a request after everything that must not pass was taken out. */
export type Message = Readonly<Framing> &
  Readonly<{
    requestId: string | undefined;
    traceparent: string | undefined;
    tracestate: string | undefined;
    via: string | undefined;
    maxForwards: string | undefined;
    authorization: string | undefined;
    /** A secret; does not pass. */
    apiKey: string | undefined;
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
  const { rawHeaders, url = '' } = request;
  if (url.length > headerLimits.urlBytes) throw gatewayError('uri_too_long');
  if (rawHeaders.length > headerLimits.count * 2) throw gatewayError('headers_too_large');
  const message = emptyMessage();
  let connection: string | undefined;
  let bytes = 0;

  for (let index = 0; index < rawHeaders.length; index += 2) {
    const spelling = rawHeaders[index] as string;
    const value = rawHeaders[index + 1] as string;
    bytes += spelling.length + value.length + separatorBytes;
    const known = knownHeader(spelling);
    const name = known === undefined ? spelling.toLowerCase() : known.name;
    const rule = known === undefined ? ruleFor(name) : known.rule;
    if (rule === 'pass') message.passing.push(name, value);
    else if (rule === 'connection') connection = connection === undefined ? value : `${connection},${value}`;
    else readHeader(message, rule, name, value);
  }
  if (bytes > headerLimits.bytes) throw gatewayError('headers_too_large');
  checkFraming(request, message);
  if (connection !== undefined) takeOut(message, namedByConnection(connection));
  return message;
};

/** `: ` and the end of the line. */
const separatorBytes = 4;

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
  apiKey: undefined,
  idempotencyKey: undefined,
  origin: undefined,
  passing: [],
});

/** Stands in until the head was read. */
export const unreadMessage: Message = emptyMessage();

const readHeader = (
  message: Draft,
  rule: Exclude<HeaderRule, 'pass' | 'connection'>,
  name: string,
  value: string,
): void => {
  switch (rule) {
    case 'drop':
      break;
    case 'framing':
      readFraming(message, name, value);
      break;
    case 'own':
      readOwn(message, name, value);
      break;
    case 'noted':
      note(message, name, value);
      message.passing.push(name, value);
      break;
  }
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
    case 'x-api-key':
      if (message.apiKey !== undefined)
        throw gatewayError('malformed_request', { message: 'There is more than one X-Api-Key.' });
      message.apiKey = value;
      break;
  }
};

const note = (message: Draft, name: string, value: string): void => {
  switch (name) {
    case 'authorization':
      if (message.authorization !== undefined)
        throw gatewayError('malformed_request', { message: 'There is more than one Authorization.' });
      message.authorization = value;
      break;
    case 'idempotency-key':
      if (message.idempotencyKey !== undefined)
        throw gatewayError('malformed_request', { message: 'There is more than one Idempotency-Key.' });
      message.idempotencyKey = value;
      break;
    case 'origin':
      message.origin = value;
      break;
  }
};

/** Which field holds a header that was read, and has to be forgotten with it. */
const fields = new Map<string, Exclude<keyof Message, keyof Framing | 'passing'>>([
  ['authorization', 'authorization'],
  ['x-api-key', 'apiKey'],
  ['idempotency-key', 'idempotencyKey'],
  ['origin', 'origin'],
  ['x-request-id', 'requestId'],
  ['traceparent', 'traceparent'],
  ['tracestate', 'tracestate'],
  ['via', 'via'],
  ['max-forwards', 'maxForwards'],
]);

/** RFC 9110 §7.6.1: what `Connection` names was for this hop alone. Framing and what is ours cannot be taken out so. */
const takeOut = (message: Draft, named: ReadonlySet<string> | undefined): void => {
  if (named === undefined) return;
  for (const name of named) {
    const field = fields.get(name);
    if (field !== undefined) message[field] = undefined;
  }
  const { passing } = message;
  message.passing = [];
  for (let index = 0; index < passing.length; index += 2) {
    const name = passing[index] as string;
    if (!named.has(name)) message.passing.push(name, passing[index + 1] as string);
  }
};
