/** RFC 6750 §2.1: one token68 after the scheme, which is case-insensitive. */
const bearer = /^bearer +([A-Za-z0-9._~+/-]+=*) *$/i;

/**
 * The token of an `Authorization` header; undefined when there is no header, and when it is no bearer token. Whoever
 * allows anonymous callers refuses a header without a token itself.
 */
export const parseBearer = (header: string | undefined): string | undefined =>
  header === undefined ? undefined : bearer.exec(header)?.[1];
