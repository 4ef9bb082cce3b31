import { AnswerError } from './answer-error.ts';
import { AnswerParser } from './answer-parser.ts';

/** What a parser said of an answer. For tests. */
export type ReadAnswer = {
  status: number;
  headers: readonly string[];
  body: string;
  /** `whole`; `waits` for more; or `refused`. */
  end: 'whole' | 'waits' | 'refused';
  /** Milliseconds; undefined until it is whole. */
  idleMs: number | undefined;
};

/** Reads `pieces` (latin1), one read of the connection each, and then its end if `ends`. */
export const readAnswer = (
  pieces: readonly string[],
  { method = 'GET', ends = false }: Readonly<{ method?: string; ends?: boolean }> = {},
): ReadAnswer => {
  const read: ReadAnswer = { status: 0, headers: [], body: '', end: 'waits', idleMs: undefined };
  const parser = new AnswerParser({
    onHead: (status, headers) => {
      read.status = status;
      read.headers = headers;
    },
    onData: (chunk) => {
      read.body += chunk.toString('latin1');
    },
    onEnd: (idleMs) => {
      read.end = 'whole';
      read.idleMs = idleMs;
    },
  });
  parser.begin(method);
  try {
    for (const piece of pieces) {
      // A buffer that is used again, as that of a connection.
      shared.fill('\r\n\r\n5\r\n');
      parser.read(shared, shared.write(piece, 'latin1'));
    }
    if (ends && read.end === 'waits') parser.finish();
  } catch (error) {
    if (!(error instanceof AnswerError)) throw error;
    read.end = 'refused';
  }
  return read;
};

const shared = Buffer.alloc(65_536);
