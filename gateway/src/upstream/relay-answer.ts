import type { Exchange } from '../exchange.ts';
import { isDroppedFromResponse, namedByConnection } from '../message/header-rules.ts';

export type UpstreamHeaders = Readonly<Record<string, string | string[] | undefined>>;

/**
 * The headers of a service's answer as the client gets them, after those of the gateway: added to `answerHeaders`, once for
 * an exchange. Hop-by-hop ones are gone, and so are those that the gateway says itself; trailers are never announced,
 * since none are passed on.
 */
export const toAnswerHeaders = (exchange: Exchange, headers: UpstreamHeaders, status?: number): string[] => {
  const list = exchange.answerHeaders;
  const named = namedByConnection(single(headers.connection));
  const ownsCors = exchange.route?.settings.cors !== undefined;

  for (const name in headers) {
    if (isDroppedFromResponse(name) || named?.has(name) === true) continue;
    if (status === 204 && name === 'content-length') continue; // RFC 9110 §8.6
    if (ownsCors && name.startsWith('access-control-')) continue;
    const value = headers[name];
    if (typeof value === 'string') list.push(name, value);
    else for (const each of value ?? []) list.push(name, each);
  }
  return list;
};

/**
 * Whether an answer can be passed on: RFC 9110 §15 knows no status over 599, and a body in another transfer coding than
 * `chunked` would reach the client encoded, with nobody telling it (RFC 9112 §6.1). undici lets both through.
 */
export const isSoundAnswer = (status: number, { 'transfer-encoding': coding }: UpstreamHeaders): boolean =>
  status < 600 && (coding === undefined || coding === 'chunked' || isChunked(coding));

const isChunked = (coding: string | string[]): boolean =>
  typeof coding === 'string' && coding.toLowerCase() === 'chunked';

const single = (value: string | string[] | undefined): string | undefined =>
  typeof value === 'object' ? value.join(',') : value;

/** Seconds that a `Retry-After` asks for; undefined if there is none, or a date. */
export const retryAfterSeconds = (headers: UpstreamHeaders): number | undefined => {
  const value = single(headers['retry-after']);
  return value !== undefined && /^\d{1,6}$/.test(value) ? Number(value) : undefined;
};
