import type { Coding } from './choose-coding.ts';

export type CompressionRules = Readonly<{
  /** Answers that are known to be smaller go as they are: the coding would cost more than it saves. */
  minBytes: number;
  /** The client does not take the plain bytes: then the size does not matter. */
  identityAllowed: boolean;
}>;

/** The head of an answer under a coding, and how many bytes will come, where that was said. */
export type CompressedHead = Readonly<{ headers: string[]; plainBytes: number | undefined }>;

const bodiless = new Set([204, 205, 206, 304, 416]);

/** Text, in all its names. What is packed already (images, video, archives, woff2) only costs time. */
const worthIt =
  /^(?:text\/(?!event-stream)|application\/(?:json|javascript|xml|yaml|wasm|graphql|x-ndjson|ld\+json|manifest\+json|[a-z0-9.-]+\+(?:json|xml|yaml))|image\/(?:svg\+xml|bmp|x-icon|vnd\.microsoft\.icon)|font\/(?:ttf|otf|collection))/i;

/** Says something about the very bytes, which are about to be others. */
const boundToBytes = new Set(['content-digest', 'digest', 'content-md5', 'repr-digest', 'content-range']);

/**
 * Makes the head of a service's answer that of the compressed one; undefined if the answer has to go, or had better go,
 * as it is: packed already, too small, partial, `no-transform` (RFC 9110 §7.7), an event stream, or under a digest.
 * The length is gone, and a strong entity tag tells the coding, since other bytes are another representation (§8.8.3.3).
 */
export const toCompressedHead = (
  status: number,
  headers: readonly string[],
  coding: Coding,
  { minBytes, identityAllowed }: CompressionRules,
): CompressedHead | undefined => {
  if (status < 200 || bodiless.has(status)) return undefined;
  let type = '';
  let plainBytes: number | undefined;
  const changed: string[] = [];

  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string;
    const value = headers[index + 1] as string;
    const lowerName = name.toLowerCase();
    if (boundToBytes.has(lowerName)) return undefined;
    switch (lowerName) {
      case 'content-type':
        type = value;
        break;
      case 'content-length':
        plainBytes = Number(value);
        continue;
      case 'content-encoding':
        if (value.trim().toLowerCase() !== 'identity') return undefined;
        continue;
      case 'cache-control':
        if (isNoTransform(value)) return undefined;
        break;
      case 'accept-ranges':
        continue; // Ranges are those of the plain bytes.
      case 'etag':
        changed.push(name, withCoding(value, coding));
        continue;
    }
    changed.push(name, value);
  }
  if (!worthIt.test(type) || plainBytes === 0) return undefined;
  if (identityAllowed && plainBytes !== undefined && plainBytes < minBytes) return undefined;
  changed.push('Content-Encoding', coding);
  return { headers: changed, plainBytes };
};

/** RFC 9111 §5.2.1.6 and §5.2.2.6: both sides may forbid it. */
export const isNoTransform = (cacheControl: string | undefined): boolean =>
  cacheControl !== undefined && /(?:^|,)\s*no-transform\s*(?:,|$)/i.test(cacheControl);

/** A weak tag stays: it names the same content, whatever its bytes. */
const withCoding = (tag: string, coding: Coding): string =>
  tag.startsWith('"') && tag.endsWith('"') && tag.length > 1 ? `${tag.slice(0, -1)}-${coding}"` : tag;
