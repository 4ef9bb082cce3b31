import type { Message } from '../message/read-message.ts';

const codedTag = /-(?:br|zstd|gzip)"/g;

/**
 * Takes the coding's suffix from the tags of `If-None-Match` and `If-Match`, so that the service finds its own again.
 * `If-Range` keeps it: half of a compressed answer cannot be completed with plain bytes, so there it must not match.
 * Gives the tags as the client sent them, or undefined if none had a suffix.
 */
export const stripCodings = ({ passing }: Pick<Message, 'passing'>): string | undefined => {
  let coded: string | undefined;
  for (let index = 0; index < passing.length; index += 2) {
    const name = (passing[index] as string).toLowerCase();
    if (name !== 'if-none-match' && name !== 'if-match') continue;
    const sent = passing[index + 1] as string;
    const plain = sent.replace(codedTag, '"');
    if (plain === sent) continue;
    passing[index + 1] = plain;
    if (name === 'if-none-match') coded = coded === undefined ? sent : `${coded}, ${sent}`;
  }
  return coded;
};

/** A 304 names the tag that the client holds (RFC 9110 §15.4.5): the one with the suffix, if it sent that one. */
export const restoreCoding = (headers: readonly string[], sentTags: string): string[] => {
  const restored = [...headers];
  const at = headers.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === 'etag');
  const tag = headers[at + 1];
  if (at === -1 || tag === undefined || sentTags.includes(tag)) return restored;
  for (const coding of ['br', 'zstd', 'gzip'] as const) {
    const coded = `${tag.slice(0, -1)}-${coding}"`;
    if (sentTags.includes(coded)) {
      restored[at + 1] = coded;
      break;
    }
  }
  return restored;
};
