import type { IncomingMessage } from 'node:http';
import { gatewayError } from '../gateway-error.ts';
import { isHost } from './host.ts';

/** How long a request is, and for whom: what two readers must never understand differently. */
export type Framing = {
  host: string | undefined;
  /** Bytes of the body; undefined if it has none or comes in chunks. */
  contentLength: number | undefined;
  chunked: boolean;
};

/** @throws AppError `malformed_request` for a header that comes twice, or that a stricter reader would not take. */
export const readFraming = (framing: Framing, name: string, value: string): void => {
  switch (name) {
    case 'host':
      if (framing.host !== undefined) throw malformed('There is more than one Host.');
      framing.host = value;
      break;
    case 'content-length':
      if (framing.contentLength !== undefined || !/^\d{1,15}$/.test(value)) {
        throw malformed('The Content-Length is no single number.');
      }
      framing.contentLength = Number(value);
      break;
    case 'transfer-encoding':
      // Node also takes lists that end in it, with codings that nobody here would undo.
      if (framing.chunked || value.toLowerCase() !== 'chunked') {
        throw malformed('The only transfer coding is chunked.');
      }
      framing.chunked = true;
      break;
  }
};

/** What can be said only when all headers were read (RFC 9112 §2.3, §3.2, §6.1). */
export const checkFraming = ({ httpVersion }: IncomingMessage, framing: Framing): void => {
  if (httpVersion !== '1.1' && httpVersion !== '1.0')
    throw malformed('Only HTTP/1.0 and HTTP/1.1 are spoken here.');
  if (framing.chunked && framing.contentLength !== undefined) throw malformed('The body has two lengths.');
  if (framing.chunked && httpVersion === '1.0') throw malformed('HTTP/1.0 knows no transfer coding.');
  if (framing.host === undefined) {
    if (httpVersion === '1.1') throw malformed('There is no Host.');
  } else if (!isHost(framing.host)) throw malformed('The Host is none.');
};

const malformed = (message: string) => gatewayError('malformed_request', { message });
