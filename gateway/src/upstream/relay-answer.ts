import type { Exchange } from '../exchange.ts';
import { isDroppedFromResponse, namedByConnection } from '../message/header-rules.ts';

/**
 * The headers of a service's answer (flat, names in lower case) as the client gets them, after those of the gateway: added to `answerHeaders`, once for
 * an exchange. Hop-by-hop ones are gone, and so are those that the gateway says itself; trailers are never announced,
 * since none are passed on.
 */
export const toAnswerHeaders = (
  exchange: Exchange,
  headers: readonly string[],
  status?: number,
): string[] => {
  const list = exchange.answerHeaders;
  const named = namedByConnection(findHeader(headers, 'connection'));
  const ownsCors = exchange.route?.settings.cors !== undefined;

  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string;
    if (isDroppedFromResponse(name) || named?.has(name) === true) continue;
    if (status === 204 && name === 'content-length') continue; // RFC 9110 §8.6
    if (ownsCors && name.startsWith('access-control-')) continue;
    list.push(name, headers[index + 1] as string);
  }
  return list;
};

/** The value of a header in a flat list; of several, all of them with commas between. `name` in lower case. */
export const findHeader = (headers: readonly string[], name: string): string | undefined => {
  let found: string | undefined;
  for (let index = 0; index < headers.length; index += 2) {
    if (headers[index] !== name) continue;
    const value = headers[index + 1] as string;
    found = found === undefined ? value : `${found},${value}`;
  }
  return found;
};

/** Seconds that a `Retry-After` asks for; undefined if there is none, or a date. */
export const retryAfterSeconds = (value: string | undefined): number | undefined =>
  value !== undefined && /^\d{1,6}$/.test(value) ? Number(value) : undefined;
