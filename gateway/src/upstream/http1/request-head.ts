import { ConnectionError } from './connection-error.ts';
import type { OutgoingRequest } from './outgoing-request.ts';

export type RequestHead = Readonly<{
  /** Ends with the empty line. Latin1. */
  text: string;
  /** Of the body; -1: it goes out in chunks. */
  bodyBytes: number;
}>;

/** Latin1 alone: of a character beyond it one byte would be written, and that may be a line end. */
const soundLine = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+: [\t\x20-\x7e\x80-\xff]*$/;
const soundTarget = /^[!-~\x80-\xff]+$/;
const soundMethod = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

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
  let text = `${method} ${path} HTTP/1.1\r\n${hostLine}connection: ${method === 'HEAD' ? 'close' : 'keep-alive'}\r\n`;
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string;
    const line = `${name}: ${headers[index + 1] as string}`;
    if (!soundLine.test(line) || own.has(name)) throw invalid('header');
    if (name === 'content-length') announced = readLength(announced, headers[index + 1] as string);
    else text += `${line}\r\n`;
  }
  const isStream = body !== null && !Buffer.isBuffer(body);
  const bodyBytes = isStream ? announced : (body?.length ?? 0);
  if (announced !== -1 && announced !== bodyBytes) throw invalid('length');
  if (bodyBytes === -1) text += 'transfer-encoding: chunked\r\n\r\n';
  else if (bodyBytes > 0 || expectBody.has(method)) text += `content-length: ${bodyBytes}\r\n\r\n`;
  else text += '\r\n';
  return { text, bodyBytes };
};

const readLength = (before: number, value: string): number => {
  if (before !== -1 || !/^\d{1,15}$/.test(value)) throw invalid('length');
  return Number(value);
};

const invalid = (what: string): ConnectionError =>
  new ConnectionError('UPSTREAM_INVALID', `The ${what} of the request cannot be sent.`);
