import type CachePolicy from 'http-cache-semantics';

/** A service's answer as it is kept. */
export type StoredAnswer = Readonly<{
  status: number;
  /** The service's own headers as they went to the client: a flat list. */
  headers: readonly string[];
  body: Buffer;
  /** When it came and how long it is fresh, as http-cache-semantics keeps it. */
  policy: CachePolicy.CachePolicyObject;
  /** The headers of a request that it depends on: lower case, sorted, each once. */
  varyNames: readonly string[];
  /** The service wants it never used once it is stale, whatever a client asks for. */
  mustRevalidate: boolean;
  /** How long after it went stale it may stand in for a service that fails. */
  standInMs: number;
  /** Milliseconds since the epoch: not kept any longer. */
  keepUntilMs: number;
}>;

/** About what an object with its strings and maps takes beside them. */
const overheadBytes = 1024;

export const bytesOf = ({ headers, body }: StoredAnswer): number => {
  let bytes = overheadBytes + body.length;
  // Once in the list and, in part, once in the policy.
  for (const text of headers) bytes += 2 * text.length;
  return bytes;
};

/** For stores outside: four bytes with the length of the head, the head as JSON, the body. */
export const encodeAnswer = ({ body, ...head }: StoredAnswer): Buffer => {
  const json = Buffer.from(JSON.stringify(head));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.length);
  return Buffer.concat([length, json, body]);
};

/** Undefined if it is none of ours, or of another version. */
export const decodeAnswer = (bytes: Buffer): StoredAnswer | undefined => {
  if (bytes.length < 4) return undefined;
  const end = 4 + bytes.readUInt32BE();
  if (end > bytes.length) return undefined;
  try {
    const head = JSON.parse(bytes.toString('utf8', 4, end)) as Omit<StoredAnswer, 'body'>;
    return { ...head, body: bytes.subarray(end) };
  } catch {
    return undefined;
  }
};
