import { hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { gatewayError } from '../gateway-error.ts';

/** A handshake that is as RFC 6455 §4.1 wants it. */
export type Handshake = Readonly<{
  key: string;
  /** The access token that came as the subprotocol `bearer.<token>`: a page has no other way to send one. */
  token: string | undefined;
}>;

/**
 * Whether a request may be taken out of HTTP at all. Else its wish is not heard, and it goes on as a plain one (RFC 9110
 * §7.8): another method, HTTP/1.0 (a server must not hear it there), other protocols such as h2c, a body (its bytes
 * would be taken for the first of the new protocol), an answer still under way on the connection.
 */
export const mayUpgrade = ({ method, httpVersion, headers, socket }: IncomingMessage): boolean =>
  method === 'GET' &&
  httpVersion === '1.1' &&
  headers['transfer-encoding'] === undefined &&
  (headers['content-length'] ?? '0') === '0' &&
  names(headers.upgrade, 'websocket') &&
  names(headers.connection, 'upgrade') &&
  !isAnswering(socket);

const names = (list: string | undefined, wanted: string): boolean =>
  list?.split(',').some((name) => name.trim().toLowerCase() === wanted) ?? false;

/** Node keeps the answer that a connection is busy with here, and has no public name for it. */
const isAnswering = (socket: IncomingMessage['socket']): boolean =>
  Boolean((socket as { _httpMessage?: unknown })._httpMessage);

const keyForm = /^[A-Za-z0-9+/]{21}[AQgw]==$/;
const protocolForm = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const bearer = 'bearer.';

/**
 * Reads the handshake of a request that wants a WebSocket.
 *
 * @throws AppError `malformed_request`, or `upgrade_required` (426) for a version that is not 13 (RFC 6455 §4.4).
 */
export const readHandshake = ({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>): Handshake => {
  let key: string | undefined;
  let version: string | undefined;
  let origin: string | undefined;
  const protocols: string[] = [];

  for (let index = 0; index < rawHeaders.length; index += 2) {
    const value = (rawHeaders[index + 1] as string).trim();
    switch ((rawHeaders[index] as string).toLowerCase()) {
      case 'sec-websocket-key':
        if (key !== undefined) throw malformed('There is more than one Sec-WebSocket-Key.');
        key = value;
        break;
      case 'sec-websocket-version':
        if (version !== undefined) throw malformed('There is more than one Sec-WebSocket-Version.');
        version = value;
        break;
      case 'origin':
        if (origin !== undefined) throw malformed('There is more than one Origin.');
        origin = value;
        break;
      case 'sec-websocket-protocol':
        protocols.push(...value.split(',').map((name) => name.trim()));
        break;
    }
  }
  if (version !== '13') {
    if (version === undefined || !/^\d{1,3}$/.test(version))
      throw malformed('The Sec-WebSocket-Version is no version.');
    throw gatewayError('upgrade_required');
  }
  if (key === undefined || !keyForm.test(key)) throw malformed('The Sec-WebSocket-Key is no key.');
  return { key, token: tokenOf(protocols) };
};

const tokenOf = (protocols: readonly string[]): string | undefined => {
  if (protocols.some((name) => !protocolForm.test(name)) || new Set(protocols).size < protocols.length) {
    throw malformed('The Sec-WebSocket-Protocol is no list of different names.');
  }
  const tokens = protocols.filter((name) => name.startsWith(bearer));
  if (tokens.length > 1) throw malformed('There is more than one token.');
  return tokens[0]?.slice(bearer.length);
};

/** What a service that has understood a key answers with (RFC 6455 §4.2.2). */
export const acceptOf = (key: string): string =>
  hash('sha1', `${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`, 'base64');

const malformed = (message: string) => gatewayError('malformed_request', { message });
