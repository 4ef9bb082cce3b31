import { ConnectionError } from './connection-error.ts';
import type { OutgoingRequest } from './outgoing-request.ts';

export type RequestHead = Readonly<{
  /** Ends with the empty line. Latin1. */
  text: string;
  /** Of the body; -1: it goes out in chunks. */
  bodyBytes: number;
}>;

/** Latin1 alone: of a character beyond it one byte would be written, and that may be a line end. */
const soundValue = /^[\t\x20-\x7e\x80-\xff]*$/;
const soundName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const soundTarget = /^[!-~\x80-\xff]+$/;
const soundMethod = soundName;

type Header = Readonly<{
  /** With the end of the line before it: two pieces of text for each header instead of four. */
  start: string;
  isLength: boolean;
}>;

const toHeader = (name: string): Header => ({ start: `\r\n${name}: `, isLength: name === 'content-length' });

/** Names that nearly every request carries, known to be sound. It never grows, whatever clients send. */
const usual = new Map<string, Header>(
  [
    ...['accept', 'accept-encoding', 'accept-language', 'authorization', 'cache-control', 'content-length'],
    ...[
      'content-type',
      'cookie',
      'forwarded',
      'idempotency-key',
      'if-match',
      'if-modified-since',
      'if-none-match',
    ],
    ...[
      'origin',
      'pragma',
      'priority',
      'range',
      'referer',
      'sec-ch-ua',
      'sec-ch-ua-mobile',
      'sec-ch-ua-platform',
    ],
    ...[
      'sec-fetch-dest',
      'sec-fetch-mode',
      'sec-fetch-site',
      'traceparent',
      'tracestate',
      'user-agent',
      'via',
    ],
    ...[
      'x-forwarded-for',
      'x-forwarded-host',
      'x-forwarded-proto',
      'x-gatehouse-principal',
      'x-gatehouse-role',
    ],
    ...['x-request-deadline', 'x-request-id'],
  ].map((name) => [name, toHeader(name)]),
);

/** What the connection says itself, and what would change how the rest is read. */
const own = new Set([
  'host',
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'expect',
  'te',
  'trailer',
]);

const readHeader = (name: string): Header => {
  if (!soundName.test(name) || own.has(name)) throw invalid('header');
  return toHeader(name);
};

/** RFC 9110 §8.6: these say so when they have no body. */
const expectBody = new Set(['POST', 'PUT', 'PATCH', 'QUERY', 'PROPFIND', 'PROPPATCH']);

/**
 * The head of a request, with `hostLine` (`host: a:1`, CR LF) as its first header.
 *
 * @throws ConnectionError `UPSTREAM_INVALID`
 */
export const toRequestHead = (request: OutgoingRequest, hostLine: string): RequestHead => {
  const { method, path, headers, body } = request;
  if (!soundMethod.test(method) || !soundTarget.test(path)) throw invalid('method or target');
  let announced = -1;
  // Closed after a HEAD: some services send a body all the same.
  let text = `${method} ${path} HTTP/1.1\r\n${hostLine}connection: ${method === 'HEAD' ? 'close' : 'keep-alive'}`;
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string;
    const value = headers[index + 1] as string;
    const { start, isLength } = usual.get(name) ?? readHeader(name);
    if (!soundValue.test(value)) throw invalid('header');
    if (isLength) announced = readLength(announced, value);
    else text = text + start + value;
  }
  const isStream = body !== null && !Buffer.isBuffer(body);
  const bodyBytes = isStream ? announced : (body?.length ?? 0);
  if (announced !== -1 && announced !== bodyBytes) throw invalid('length');
  if (bodyBytes === -1) text += '\r\ntransfer-encoding: chunked\r\n\r\n';
  else if (bodyBytes > 0 || expectBody.has(method)) text += `\r\ncontent-length: ${bodyBytes}\r\n\r\n`;
  else text += '\r\n\r\n';
  return { text, bodyBytes };
};

const readLength = (before: number, value: string): number => {
  if (before !== -1 || !/^\d{1,15}$/.test(value)) throw invalid('length');
  return Number(value);
};

const invalid = (what: string): ConnectionError =>
  new ConnectionError('UPSTREAM_INVALID', `The ${what} of the request cannot be sent.`);
