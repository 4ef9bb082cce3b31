import { parseCacheControl } from '../cache/cache-control.ts';
import type { HeaderRecord } from '../cache/header-record.ts';

/** Answers that say something of the resource, not of the moment: a failure or a refusal is nobody else's. */
const shareable = new Set([200, 203, 204, 300, 301, 302, 303, 307, 308, 404, 410]);
const forOne = ['private', 'no-store', 'no-cache'];

/**
 * The headers of a request that an answer depends on, if others who asked for the same at the same time may have it;
 * undefined if it is for one alone.
 */
export const sharedBy = (status: number, answer: HeaderRecord): readonly string[] | undefined => {
  const directives = parseCacheControl(answer['cache-control']);
  if (!shareable.has(status) || 'set-cookie' in answer || 'content-range' in answer) return undefined;
  if (forOne.some((name) => directives.has(name)) || isEventStream(answer)) return undefined;
  const names = (answer.vary ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim());
  return names.includes('*') ? undefined : [...new Set(names)].filter((name) => name !== '').sort();
};

/** It may never end. */
const isEventStream = (answer: HeaderRecord): boolean =>
  answer['content-type']?.toLowerCase().startsWith('text/event-stream') === true;
