import { kitError } from './http-error.ts';

/** Pure. A strong tag of version and view: `"7-full"`, or `"7"` where there is one view. */
export const toEntityTag = (version: number, view?: string): string =>
  view === undefined ? `"${version}"` : `"${version}-${view}"`;

/** A version that no resource ever has: comparing with it is what makes a strange `If-Match` a 412. */
export const IMPOSSIBLE_VERSION = -1;

const codingSuffix = /[-;](?:gzip|br|zstd|deflate)"$/;
const oneTag = /^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/;

/** `"7-full-gzip"` is what a compressing proxy made of `"7-full"`. */
const stripCoding = (tag: string): string => tag.replace(codingSuffix, '"');

/**
 * The version that `If-Match` names. `*` is no condition on a version. A weak or foreign tag never matches
 * (RFC 9110 §13.1.1 compares strongly); more than one tag, or none at all, is 400.
 */
export const parseIfMatch = (header: string | undefined): number | undefined => {
  if (header === undefined || header.trim() === '*') return undefined;
  const tag = header.trim();
  if (!oneTag.test(tag)) throw kitError('malformed_request', { message: 'If-Match takes one entity tag.' });
  const version = /^"(\d{1,15})(?:-[^"]*)?"$/.exec(stripCoding(tag))?.[1];
  return version === undefined ? IMPOSSIBLE_VERSION : Number(version);
};

/** Weak comparison (RFC 9110 §13.1.2): `W/` does not count, nor does a coding's suffix. */
export const matchesIfNoneMatch = (header: string | undefined, tag: string): boolean => {
  if (header === undefined) return false;
  if (header.trim() === '*') return true;
  return header.split(',').some((candidate) => stripCoding(candidate.trim().replace(/^W\//, '')) === tag);
};
