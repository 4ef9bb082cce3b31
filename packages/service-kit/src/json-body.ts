import type { IncomingMessage } from 'node:http';
import { HttpError, kitError } from './http-error.ts';
import { assertSafeJson } from './safe-json.ts';

export const DEFAULT_BODY_LIMIT_BYTES = 1024 * 1024;

/** What is read and thrown away of a body that is too large, so that the client gets to read the 413; then it is cut off. */
const DRAIN_LIMIT_BYTES = 4 * 1024 * 1024;

/**
 * Reads a JSON body of at most `limitBytes`. No body at all is `undefined`, for the schema to judge. Takes
 * `application/json` in UTF-8 alone: another type, charset or coding is 415, never silently undefined.
 */
export const readJsonBody = async (request: IncomingMessage, limitBytes: number): Promise<unknown> => {
  if (!hasBody(request)) return undefined;
  assertJson(request);
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) refuseAsTooLarge(request);
  const text = decode(await readBytes(request, limitBytes));
  const value = parse(text);
  assertSafeJson(value);
  return value;
};

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

const contentType = /^application\/json\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?;?\s*$/i;

const assertJson = ({ headers }: IncomingMessage): void => {
  const coding = headers['content-encoding'] ?? 'identity';
  if (!contentType.test(headers['content-type'] ?? '') || coding.toLowerCase() !== 'identity')
    throw new HttpError('unsupported_media_type', { Accept: 'application/json' });
};

const refuseAsTooLarge = (request: IncomingMessage): never => {
  let drained = 0;
  request.on('data', (chunk: Buffer) => {
    drained += chunk.length;
    if (drained > DRAIN_LIMIT_BYTES) request.destroy();
  });
  throw new HttpError('payload_too_large');
};

const readBytes = (request: IncomingMessage, limitBytes: number): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const end = (settle: () => void): void => {
      request.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
      settle();
    };
    const onData = (chunk: Buffer): void => {
      length += chunk.length;
      if (length <= limitBytes) return void chunks.push(chunk);
      end(() => {
        try {
          refuseAsTooLarge(request);
        } catch (error) {
          reject(error);
        }
      });
    };
    const onEnd = (): void => end(() => resolve(Buffer.concat(chunks, length)));
    const onGone = (): void =>
      end(() => reject(kitError('malformed_request', { message: 'The body ended too early.' })));
    // The client may have gone while its token was looked at: nothing more will be told then.
    if (request.destroyed && !request.readableEnded) onGone();
    else request.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
  });

const utf8 = new TextDecoder('utf-8', { fatal: true });

const decode = (bytes: Buffer): string => {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw kitError('malformed_request', { message: 'The body is not UTF-8.', cause });
  }
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    // No cause: V8's message quotes the body, which may hold a password.
    throw kitError('malformed_request', { message: 'The body is not JSON.' });
  }
};
