import { AnswerError } from './answer-error.ts';

const cr = 13;
const lf = 10;
const semicolon = 59;

/** Extensions of all chunks of one answer together. Nobody uses them; they are read to find the end of the line. */
const mostExtensionBytes = 16_384;
const mostTrailerBytes = 32_768;
const mostTrailers = 200;
/** Leading zeros included. */
const mostSizeDigits = 16;

const extensions =
  /^(?:;[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?:=(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+|"(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t \x21-\x7e\x80-\xff])*"))?)+$/;
/** RFC 9110 §6.5.1: none of what says where a message ends. */
const framing = /^(?:content-length|transfer-encoding):/i;
const trailer = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*$/;

/** What the next byte belongs to; `…-end` is the LF after its CR. `done`: the answer is whole. */
type State =
  | 'size'
  | 'extension'
  | 'size-end'
  | 'data'
  | 'data-cr'
  | 'data-end'
  | 'trailer'
  | 'trailer-end'
  | 'done';

/** Takes the chunks of a body apart (RFC 9112 §7.1), in pieces of any size. Trailers are checked and dropped. */
export class ChunkedBody {
  private state: State = 'done';
  private size = 0;
  private sizeDigits = 0;
  /** Of an extension or a trailer. */
  private line = '';
  private extensionBytes = 0;
  private trailerBytes = 0;
  private trailers = 0;
  /** Where the data ends that `read` left in the buffer. */
  dataEnd = 0;

  begin(): void {
    this.state = 'size';
    this.size = 0;
    this.sizeDigits = 0;
    this.line = '';
    this.extensionBytes = 0;
    this.trailerBytes = 0;
    this.trailers = 0;
  }

  get isDone(): boolean {
    return this.state === 'done';
  }

  /**
   * Reads from `from` to `to`, or up to the end of the answer, and gives where it stopped. The data is moved together at
   * `from` in the same buffer, up to `dataEnd`: one piece for each read, however small the chunks are.
   *
   * @throws AnswerError
   */
  read(bytes: Buffer, from: number, to: number): number {
    let at = from;
    let out = from;
    while (at < to && this.state !== 'done') {
      if (this.state === 'data') {
        const end = Math.min(to, at + this.size);
        if (out !== at) bytes.copyWithin(out, at, end);
        out += end - at;
        this.size -= end - at;
        at = end;
        if (this.size === 0) this.state = 'data-cr';
      } else {
        this.readByte(bytes[at] as number);
        at += 1;
      }
    }
    this.dataEnd = out;
    return at;
  }

  private readByte(byte: number): void {
    switch (this.state) {
      case 'size':
        this.readSize(byte);
        return;
      case 'extension':
        if (byte === cr) this.endExtension();
        else this.extend(byte);
        return;
      case 'size-end':
        expectByte(byte, lf);
        this.state = this.size === 0 ? 'trailer' : 'data';
        this.sizeDigits = 0;
        return;
      case 'data-cr':
        expectByte(byte, cr);
        this.state = 'data-end';
        return;
      case 'data-end':
        expectByte(byte, lf);
        this.state = 'size';
        return;
      case 'trailer':
        if (byte === cr) this.state = 'trailer-end';
        else this.lengthenTrailer(byte);
        return;
      case 'trailer-end':
        expectByte(byte, lf);
        this.endTrailer();
        return;
      case 'data':
      case 'done':
    }
  }

  private readSize(byte: number): void {
    const digit = hexDigit(byte);
    if (digit !== -1) {
      this.size = this.size * 16 + digit;
      this.sizeDigits += 1;
      if (this.sizeDigits > mostSizeDigits || this.size > Number.MAX_SAFE_INTEGER)
        throw new AnswerError('A chunk is too large.');
      return;
    }
    if (this.sizeDigits === 0 || !(byte === cr || byte === semicolon))
      throw new AnswerError('A chunk has no sound size.');
    if (byte === cr) this.state = 'size-end';
    else {
      this.state = 'extension';
      this.line = '';
      this.extend(byte);
    }
  }

  private extend(byte: number): void {
    this.extensionBytes += 1;
    if (this.extensionBytes > mostExtensionBytes)
      throw new AnswerError('There are too many chunk extensions.');
    this.line += toText(byte);
  }

  private endExtension(): void {
    if (!extensions.test(this.line)) throw new AnswerError('A chunk extension is none.');
    this.line = '';
    this.state = 'size-end';
  }

  private lengthenTrailer(byte: number): void {
    this.trailerBytes += 1;
    if (this.trailerBytes > mostTrailerBytes) throw new AnswerError('The trailers are too long.');
    this.line += toText(byte);
  }

  private endTrailer(): void {
    const { line } = this;
    this.line = '';
    if (line === '') {
      this.state = 'done';
      return;
    }
    this.trailers += 1;
    if (this.trailers > mostTrailers || !trailer.test(line) || framing.test(line))
      throw new AnswerError('A trailer is none.');
    this.state = 'trailer';
  }
}

const expectByte = (byte: number, expected: number): void => {
  if (byte !== expected) throw new AnswerError('A line of the chunks does not end with CR LF.');
};

/** A control would never end the line, and be found too late. */
const toText = (byte: number): string => {
  if ((byte < 32 && byte !== 9) || byte === 127)
    throw new AnswerError('There is a control character in the chunks.');
  return String.fromCharCode(byte);
};

const hexDigit = (byte: number): number => {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
};
