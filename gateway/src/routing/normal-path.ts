import { gatewayError } from '../gateway-error.ts';

/** The target of a request, taken apart. `path` is in normal form; `query` begins with `?` or is empty. */
export type Target = Readonly<{
  path: string;
  query: string;
  /** Of a target in absolute form: it replaces the Host header (RFC 9112 §3.2.2). */
  authority: string | undefined;
}>;

const absoluteForm = /^https?:\/\/([^/?#@\\]+)((?:[/?].*)?)$/i;
const odd = /[^\x21-\x7e]|[\\#]/;
const plainPath = /^(?:\/[A-Za-z0-9_~!$&'()*+,;=:@-][A-Za-z0-9._~!$&'()*+,;=:@-]*)*\/?$/;

/**
 * Takes a request's target apart and brings its path into the one form that is routed and passed on, so that a path
 * never means one thing here and another in the service: what needs no encoding is decoded, what needs one gets it, hex
 * is upper case.
 *
 * @throws AppError `malformed_request` for dot segments, `//`, `%2F`, `%5C`, control characters, encodings that are broken
 * or no UTF-8, and targets that are neither origin nor absolute form.
 */
export const parseTarget = (target: string): Target => {
  if (odd.test(target)) throw malformed('The URL holds a character that has to be encoded.');
  if (target.charCodeAt(0) === slash) return toTarget(target, undefined);

  const [, authority, rest = ''] = absoluteForm.exec(target) ?? [];
  if (authority === undefined) throw malformed('The target of the request is no path.');
  return toTarget(rest.startsWith('/') ? rest : `/${rest}`, authority);
};

const slash = 0x2f;

const toTarget = (target: string, authority: string | undefined): Target => {
  const mark = target.indexOf('?');
  const path = mark === -1 ? target : target.slice(0, mark);
  return { path: toNormalPath(path), query: mark === -1 ? '' : target.slice(mark), authority };
};

const toNormalPath = (path: string): string => {
  if (plainPath.test(path)) return path;
  const decoded = path.includes('%') ? decodeHarmless(path) : path;
  const normal = encodeOdd(decoded);
  if (normal.includes('//')) throw malformed('The path holds an empty segment.');
  if (/\/\.{1,2}(?:\/|$)/.test(normal)) throw malformed('The path holds a dot segment.');
  return normal;
};

/** What RFC 3986 wants encoded and clients send as it is: quotes, angles, braces, bars, carets. */
const encodeOdd = (path: string): string =>
  path.replace(/["<>^`{|}]/g, (odd) => `%${odd.charCodeAt(0).toString(16).toUpperCase()}`);

const decodeHarmless = (path: string): string => {
  if (/%(?![0-9A-Fa-f]{2})/.test(path)) throw malformed('The path holds a broken encoding.');
  if (/%(?:2f|5c|[01][0-9a-f]|7f)/i.test(path)) {
    throw malformed('The path holds an encoded slash, backslash or control character.');
  }
  try {
    decodeURIComponent(path);
  } catch (cause) {
    throw gatewayError('malformed_request', { message: 'The path is no UTF-8.', cause });
  }
  return path.replace(/%[0-9A-Fa-f]{2}/g, (encoded) => {
    const character = String.fromCharCode(Number.parseInt(encoded.slice(1), 16));
    return /[A-Za-z0-9._~-]/.test(character) ? character : encoded.toUpperCase();
  });
};

const malformed = (message: string) => gatewayError('malformed_request', { message });
