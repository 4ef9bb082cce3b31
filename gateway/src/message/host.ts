import { isIPv6 } from 'node:net';

/** 1: may stand in a name (RFC 3986 unreserved). 2: a digit, which may stand in a port as well. */
const characters = new Uint8Array(128);
for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._~-') {
  characters[character.charCodeAt(0)] = 1;
}
for (const digit of '0123456789') characters[digit.charCodeAt(0)] = 2;

const colon = 0x3a;
const bracket = 0x5b;

/**
 * Whether `text` is a host, with or without a port: what may stand in a Host header and be repeated in others. Stricter
 * than RFC 3986 §3.2.2: no encodings and no delimiters, since those mean different things to different readers.
 */
export const isHost = (text: string): boolean => {
  if (text.charCodeAt(0) === bracket) return isLiteral(text);
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === colon) return index > 0 && isPort(text, index + 1);
    if (code > 127 || characters[code] === 0) return false;
  }
  return text.length > 0;
};

/** `[::1]:8080` */
const isLiteral = (text: string): boolean => {
  const end = text.indexOf(']');
  const address = text.slice(1, Math.max(1, end));
  if (address.includes('%') || !isIPv6(address)) return false;
  return end === text.length - 1 || (text.charCodeAt(end + 1) === colon && isPort(text, end + 2));
};

/** May be empty (RFC 3986 §3.2.3). */
const isPort = (text: string, from: number): boolean => {
  if (text.length - from > 5) return false;
  let port = 0;
  for (let index = from; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code > 127 || characters[code] !== 2) return false;
    port = port * 10 + code - 48;
  }
  return port <= 65_535;
};
