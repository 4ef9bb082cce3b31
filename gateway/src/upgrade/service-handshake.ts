import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Exchange } from '../exchange.ts';
import { toForwardHeaders } from '../message/forward-headers.ts';
import { toAnswerHeaders } from '../upstream/relay-answer.ts';

type HeaderRecord = Record<string, string | string[]>;

/** The headers of the handshake with the service: those of any request that passes, and its wish, said anew. */
export const toHandshakeHeaders = (exchange: Exchange): HeaderRecord => {
  exchange.outgoingHeaders ??= toForwardHeaders(exchange);
  const headers = toRecord(exchange.outgoingHeaders);
  return { ...headers, connection: 'Upgrade', upgrade: 'websocket' };
};

/** Whether a `101` is the answer to this very handshake (RFC 6455 §4.1), and not some other protocol's, or a stale one. */
export const isAgreement = ({ headers }: IncomingMessage, accept: string): boolean =>
  headers.upgrade?.trim().toLowerCase() === 'websocket' && headers['sec-websocket-accept']?.trim() === accept;

/** What the client reads of the `101`: the service's own headers by the rules of every answer, and ours. */
export const toAgreedHeaders = (exchange: Exchange, { headers }: IncomingMessage): IncomingHttpHeaders => ({
  ...toRecord(toAnswerHeaders(exchange, toFlatHeaders(headers))),
  connection: 'Upgrade',
  upgrade: 'websocket',
});

/** As the headers of every answer are handled: flat, names in lower case. */
export const toFlatHeaders = (headers: IncomingHttpHeaders): string[] => {
  const flat: string[] = [];
  for (const [name, value] of Object.entries(headers)) {
    for (const each of [value ?? []].flat()) flat.push(name, each);
  }
  return flat;
};

const toRecord = (flat: readonly string[]): HeaderRecord => {
  const record: HeaderRecord = {};
  for (let index = 0; index < flat.length; index += 2) {
    const name = (flat[index] as string).toLowerCase();
    // A length or an end of the connection is nothing that a 101 or its handshake could say.
    if (name === 'content-length' || name === 'connection' || name === 'upgrade') continue;
    const value = flat[index + 1] as string;
    const known = record[name];
    record[name] = known === undefined ? value : [known, value].flat();
  }
  return record;
};
