import { authError } from './auth-error.ts';

const compactForm = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;
const knownHeaders: ReadonlySet<string> = new Set(['alg', 'typ', 'kid']);
const maxKidLength = 128;

/**
 * The header of a JWS in compact form (RFC 7515 §7.1), before its signature is checked: it decides nothing but which key to
 * look for. Every token has one spelling alone, the one that its signer wrote: so no name stands twice (RFC 7515 §4), and
 * nobody can make a second token of a good one by bits that base64url leaves over.
 *
 * @throws AppError `unauthenticated` or the SyntaxError of a part that is no JSON
 */
export const readTokenHeader = (token: string, algorithm: string): Readonly<{ kid: string }> => {
  if (!compactForm.test(token)) throw refused('not a compact token');
  const [head = '', claims = '', signature = ''] = token.split('.');
  const header = parseAsWritten(head);
  parseAsWritten(claims);
  decode(signature);
  for (const name of Object.keys(header)) {
    if (!knownHeaders.has(name)) throw refused(`header ${name.slice(0, 32)}`);
  }
  const { alg, kid } = header;
  if (alg !== algorithm) throw refused('algorithm');
  if (typeof kid !== 'string' || kid === '' || kid.length > maxKidLength) throw refused('no kid');
  return { kid };
};

const parseAsWritten = (part: string): Readonly<Record<string, unknown>> => {
  const text = decode(part).toString();
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refused('not an object');
  if (JSON.stringify(value) !== text) throw refused('written otherwise');
  return value as Readonly<Record<string, unknown>>;
};

const decode = (part: string): Buffer => {
  const bytes = Buffer.from(part, 'base64url');
  if (bytes.toString('base64url') !== part) throw refused('bits left over');
  return bytes;
};

const refused = (reason: string) => authError('unauthenticated', { details: { reason } });
