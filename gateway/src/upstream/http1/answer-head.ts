import { AnswerError } from './answer-error.ts';
import { readHeaderName } from './header-names.ts';

/** No answer of an honest service has as many; every one of them costs. */
const mostLines = 200;

/** Controls, and line ends that are only half of one: they would let a value be read as two headers by somebody else. */
const unsound = /[^\t\r\n\x20-\x7e\x80-\xff]|\r(?!\n)|(?<!\r)\n/;

const digits = /^\d{1,16}$/;

/**
 * Status line and headers of an answer, and what they say about its body. Belongs to a connection and is read anew for each
 * answer; `headers` is a new list each time and belongs to whoever gets it.
 *
 * Refuses what RFC 9112 calls an error or leaves in doubt: obs-fold, spaces before the colon, bare CR and LF, more than one
 * `Content-Length` even where they agree, `Content-Length` beside `Transfer-Encoding`, codings other than `chunked`.
 */
export class AnswerHead {
  /** 100 to 599. */
  status = 0;
  /** Of HTTP/1. */
  minorVersion = 1;
  /** Flat: names in lower case, and values, in the order of the service. */
  headers: string[] = [];
  /** -1: it has none. */
  contentLength = -1;
  chunked = false;
  connection: string | undefined = undefined;
  keepAlive: string | undefined = undefined;

  /**
   * @param text from the status line to the last header, with the line end of each, without the empty line.
   * @throws AnswerError
   */
  read(text: string): void {
    this.headers = [];
    this.contentLength = -1;
    this.chunked = false;
    this.connection = undefined;
    this.keepAlive = undefined;
    if (unsound.test(text)) throw new AnswerError('There is a control character in the head.');
    this.readStatusLine(text);
    const { length } = text;
    let lines = 0;
    for (let at = text.indexOf('\r\n') + 2; at < length; lines += 1) {
      if (lines === mostLines) throw new AnswerError('There are too many headers.');
      const end = text.indexOf('\r\n', at);
      this.readLine(text, at, end);
      at = end + 2;
    }
    if (this.chunked && (this.contentLength !== -1 || this.minorVersion === 0))
      throw new AnswerError('There are two lengths of the body.');
  }

  private readStatusLine(text: string): void {
    const minorVersion = text.charCodeAt(7) - 48;
    const hundreds = text.charCodeAt(9) - 48;
    const tens = text.charCodeAt(10) - 48;
    const ones = text.charCodeAt(11) - 48;
    const after = text.charCodeAt(12);
    if (
      !text.startsWith('HTTP/1.') ||
      !(minorVersion === 0 || minorVersion === 1) ||
      text.charCodeAt(8) !== 32 ||
      !(hundreds >= 1 && hundreds <= 5 && tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9) ||
      !(after === 32 || after === 13) // Many leave the space out where there is no reason.
    )
      throw new AnswerError('There is no status line.');
    this.minorVersion = minorVersion;
    this.status = hundreds * 100 + tens * 10 + ones;
  }

  private readLine(text: string, at: number, end: number): void {
    const colon = text.indexOf(':', at);
    const header = colon === -1 || colon > end ? undefined : readHeaderName(text.slice(at, colon));
    if (header === undefined) throw new AnswerError('A header has no sound name.');
    let from = colon + 1;
    let to = end;
    while (from < to && isBlank(text.charCodeAt(from))) from += 1;
    while (to > from && isBlank(text.charCodeAt(to - 1))) to -= 1;
    const value = text.slice(from, to);
    this.headers.push(header.name, value);
    switch (header.part) {
      case 'none':
        return;
      case 'length':
        this.readLength(value);
        return;
      case 'coding':
        if (this.chunked || value.toLowerCase() !== 'chunked')
          throw new AnswerError('The transfer coding is not chunked.');
        this.chunked = true;
        return;
      case 'connection':
        this.connection = this.connection === undefined ? value : `${this.connection},${value}`;
        return;
      case 'keep-alive':
        this.keepAlive = this.keepAlive === undefined ? value : `${this.keepAlive},${value}`;
    }
  }

  private readLength(value: string): void {
    const length = Number(value);
    if (this.contentLength !== -1 || !digits.test(value) || !Number.isSafeInteger(length))
      throw new AnswerError('The length of the body is not one number.');
    this.contentLength = length;
  }
}

const isBlank = (code: number): boolean => code === 32 || code === 9;
